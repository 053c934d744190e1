method "lora" "x" {                  # ERROR: Unclosed configuration block
  rank = 1
