# Film reviews mixed into contract clauses, 0 to 100 of them in a hundred: from which
# share on does the diagnosis see them? The page is ../shift.md; sh mix.sh makes the
# files. Nothing is learnt here, one step is trained, for the diagnosis is the point.

variable "data" {
  default     = "../../../../shared/data"
  description = "Folder of the real data."
}

variable "mix" {
  description = "Folder of the mixtures that mix.sh has made."
}

experiment "mix" {
  description = "sst2 mixed into legal-unfair-tos."
  seeds       = [1]
}

model "base" {
  pretrain {
    architecture  = "bert"
    layers        = 2
    hidden_size   = 128
    heads         = 2
    vocabulary    = 6000
    steps         = 1500
    batch_size    = 32
    learning_rate = 2e-3
    text          = ["${var.data}/text-wikitext2/valid.txt", "${var.data}/text-wikitext2/test.txt"]
  }
}

dataset "mix0" {
  task       = "language_modeling"
  max_length = 64
  files {
    train      = ["${var.mix}/mix_train.txt"]
    test       = ["${var.mix}/mix_test.txt"]
    test_shift = ["${var.mix}/mix_0.txt"]
    format     = "txt"
  }
}

dataset "mix10" {
  task       = "language_modeling"
  max_length = 64
  files {
    train      = ["${var.mix}/mix_train.txt"]
    test       = ["${var.mix}/mix_test.txt"]
    test_shift = ["${var.mix}/mix_10.txt"]
    format     = "txt"
  }
}

dataset "mix30" {
  task       = "language_modeling"
  max_length = 64
  files {
    train      = ["${var.mix}/mix_train.txt"]
    test       = ["${var.mix}/mix_test.txt"]
    test_shift = ["${var.mix}/mix_30.txt"]
    format     = "txt"
  }
}

dataset "mix100" {
  task       = "language_modeling"
  max_length = 64
  files {
    train      = ["${var.mix}/mix_train.txt"]
    test       = ["${var.mix}/mix_test.txt"]
    test_shift = ["${var.mix}/mix_100.txt"]
    format     = "txt"
  }
}

method "bitfit" "one" {
  steps = 1
}
