method "lora" "set" {
  rank = 0                           # ERROR: Invalid rank
}
method "lora" "swept" {
  sweep {
    learning_rate = [1e-4, 3e-4]
    rank = [
      4,
      0,                             # ERROR: Invalid rank
      -1,                            # ERROR: Invalid rank
    ]
  }
}
method "lora" "whole" {              # ERROR: Invalid method
  rank = 99
}
model "nested" {
  pretrain {
    steps  = 1
    layers = 0                       # ERROR: Invalid layers
  }
}
method "lora" "part" {
  part "lora" {
    rank = -3                        # ERROR: Invalid rank
  }
}
