method "lora" "x" {
  rank: 1                            # ERROR: Argument or block definition required
}
