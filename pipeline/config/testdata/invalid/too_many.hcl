# MAXRUNS: 100
method "lora" "grid" {
  sweep {                            # ERROR: Too many configurations
    rank          = range(1, 1001)
    alpha         = range(1, 1001)
    learning_rate = range(1, 1001)
    epochs        = range(1, 1001)
  }
}
method "lora" "union" {
  sweep {                            # ERROR: Too many configurations
    rank = range(1, 61)
  }
  sweep {
    alpha = range(1, 61)
  }
}
method "lora" "enough" {
  sweep {
    rank  = range(1, 11)
    alpha = range(1, 11)
  }
}
