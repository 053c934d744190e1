method "lora" "x" {
  sweep { rank = [1], alpha = [2] }  # ERROR: Invalid single-argument block definition
}
