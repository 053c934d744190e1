method "lora" "x" {
  targets = ["query", "value", "key", "output", "intermediate", "classifier", "pooler", "embeddings", "layer_norm", "bias", 5, "another", "and another", "and one more"]
  rank = [
    1,
    2
  ]
}
variable "rows" {
}
