# Successive halving against the grid it searches, on built-in data.

experiment "halving_clauses" {
  description = "Does halving find what the grid finds, at a third of the steps?"
  seeds       = [1, 2, 3]
}

variable "strategy" {
  default = "grid"
}

search {
  strategy = var.strategy
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
  metric     = "accuracy"
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

method "fine_tuning" "full" {
  epochs = 8
  sweep {
    learning_rate = [1e-5, 3e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2]
  }
}
