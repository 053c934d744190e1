# A whole experiment in a second: every kind of node, two seeds, one sweep.

experiment "tiny" {
  description = "Does everything run?"
  seeds       = [1, 2]
}

variable "rows" {
  default = 240
}

variable "steps" {
  default = 20
}

model "base" {
  pretrain {
    architecture = "bert"
    layers       = 1
    hidden_size  = 16
    heads        = 2
    vocabulary   = 400
    steps        = var.steps
    batch_size   = 8
    generator "general" {
      rows = 300
    }
  }
}

dataset "clauses" {
  task       = "classification"
  metric     = "macro_f1"
  max_length = 32

  generator "clauses" {
    rows = var.rows
  }
  input {
    text = "clause"
  }
  label = "kind"

  shift "topic" {
    by    = "domain"
    train = ["news", "web"]
    test  = ["contracts", "statutes"]
  }
}

method "majority" "majority" {}

method "tfidf" "words" {}

method "probing" "linear" {
  sweep {
    layer = [0, 1]
  }
}

method "fine_tuning" "full" {
  epochs = 1
}

method "lora" "lora" {
  from   = method.full
  rank   = 2
  epochs = 1
}
