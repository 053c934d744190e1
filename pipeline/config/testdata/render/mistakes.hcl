experiment "legal" {
  seeds = [1, 2.5]
}

method "lora" "lora" {
	rank = 0
	models = [model.bose]
  from = method.lora.lora
  learning_rate = grid
  pooling = "mean"
  sweep {
    alpha = [4, "八", null]
  }
}

model "base" {
  from = model.other
}
model "other" {
  from = model.base
}
dataset "日本語" {
  task = "x"
}
dataset "wide" {
  task = {"日本語 — ｆｕｌｌ" = "x" }["é"]
}
