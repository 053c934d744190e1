# Twenty linear probes under five seeds, of one model on one data set.

experiment "probe_grid" {
  seeds = [1, 2, 3, 4, 5]
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
    rows = 4000
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
method "probing" "linear" {
  sweep {
    layer   = [0, 1, 2, 3, 4]
    pooling = ["cls", "mean", "max", "last"]
  }
}
