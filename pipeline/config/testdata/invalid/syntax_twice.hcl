method "lora" "x" {
  rank = 1
  rank = 2                           # ERROR: Attribute given twice
}
