# Topic shift: pretrained on general text, adapted to general clauses, tested
# in distribution and on legal ones. Everything is made here: no download.

experiment "legal" {
  description = "Which adaptation survives the move from general to legal English?"
  seeds       = [1, 2, 3]
}

variable "rows" {
  default     = 3000
  description = "Labelled rows that the generator makes, of all domains together."
}

model "base" {
  pretrain {
    architecture  = "bert"
    layers        = 2
    hidden_size   = 128
    heads         = 2
    vocabulary    = 4000
    steps         = 1200
    batch_size    = 64
    learning_rate = 3e-3
    generator "general" {}
  }
}

dataset "clauses" {
  task       = "classification"
  metric     = "macro_f1"
  max_length = 64

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
  pooling = "mean"
  sweep {
    layer = [0, 1, 2]
  }
}

method "probing" "mlp" {
  head    = "mlp"
  pooling = "mean"
}

method "fine_tuning" "full" {
  epochs = 8
  sweep {
    learning_rate = [3e-4, 1e-3]
  }
}

method "fine_tuning" "head_first" { # LP-FT: the head alone for half of the steps
  epochs        = 8
  learning_rate = 1e-3
  schedule      = "head_first"
}

method "lora" "lora" {
  rank    = 8
  targets = ["all-linear"]
  epochs  = 12
  sweep {
    learning_rate = [3e-3, 1e-2]
  }
}

budget "phone" {
  stored_bytes = "200kB"
}
