# Runs that train adapters on one base, one or four at the same time.

experiment "lora_memory" {
  seeds = [1]
}
variable "many" {
  default = [1e-3]
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
    rows = 600
  }
  input {
    text = "clause"
  }
  label = "kind"
}
method "lora" "lora" {
  targets    = ["all-linear"]
  rank       = 8
  batch_size = 64
  steps      = 12
  sweep {
    learning_rate = var.many
  }
}
