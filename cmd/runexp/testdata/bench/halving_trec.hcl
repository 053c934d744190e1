# Successive halving against the grid it searches, on the questions of TREC.

experiment "halving_trec" {
  description = "Does halving find what the grid finds, at a third of the steps?"
  seeds       = [1, 2, 3]
}

variable "strategy" {
  default = "grid"
}

variable "data" {
  description = "The folder of real data."
}

search {
  strategy = var.strategy
}

model "base" {
  pretrain {
    architecture  = "bert"
    layers        = 2
    hidden_size   = 64
    heads         = 2
    vocabulary    = 2000
    steps         = 300
    batch_size    = 32
    learning_rate = 3e-3
    text          = ["${var.data}/text-botchan/botchan.txt"]
  }
}

dataset "trec" {
  task       = "classification"
  metric     = "accuracy"
  max_length = 48
  files {
    train    = "${var.data}/trec-qc/qc/train.txt"
    test     = "${var.data}/trec-qc/qc/test.txt"
    encoding = "latin-1"
    pattern  = "^(?P<coarse>[A-Z]+):(?P<fine>\\w+) (?P<text>.*)$"
  }
  label = "coarse"
}

method "fine_tuning" "full" {
  epochs     = 6
  train_rows = 2000
  sweep {
    learning_rate = [1e-5, 3e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2]
  }
}
