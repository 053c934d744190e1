# The top layer, the head alone, and the head first, over layers that stay frozen.

experiment "top_layers" {
  seeds = [1, 2]
}
model "base" {
  random {
    config = "config_4x256/config.json"
  }
}
dataset "clauses" {
  task       = "classification"
  metric     = "macro_f1"
  max_length = 64
  generator "clauses" {
    rows = 2000
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
method "fine_tuning" "top1" {
  layers = 1
  epochs = 6
}
method "fine_tuning" "head" {
  layers = 0
  epochs = 6
}
method "fine_tuning" "lpft" {
  epochs   = 6
  schedule = "head_first"
}
