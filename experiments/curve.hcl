# Learning curves: how many labelled rows does each method need? Every run takes as
# many steps, so that only what it is trained on differs. The rows of a smaller
# number are among those of a larger. Everything is made here: no download.

experiment "curve" {
  description = "How many labelled rows does each method need, and does the answer change under shift?"
  seeds       = [1, 2, 3]
}

variable "steps" {
  default     = 250
  description = "Steps of every training."
}

model "base" {
  pretrain {
    architecture  = "bert"
    layers        = 2
    hidden_size   = 96
    heads         = 2
    vocabulary    = 3000
    steps         = 1200
    batch_size    = 32
    learning_rate = 3e-3
    generator "general" {}
  }
}

dataset "clauses" {
  task       = "classification"
  metric     = "macro_f1"
  max_length = 64

  generator "clauses" {
    rows = 3000
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

method "tfidf" "words" {}

method "lora" "lora" {
  targets       = ["all-linear"]
  steps         = var.steps
  learning_rate = 3e-3
  sweep {
    train_rows = [50, 150, 450, 0]
  }
}

method "fine_tuning" "full" {
  steps         = var.steps
  learning_rate = 1e-3
  sweep {
    train_rows = [50, 150, 450, 0]
  }
}
