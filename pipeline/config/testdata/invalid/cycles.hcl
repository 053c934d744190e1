locals {
  a = local.b + 1                    # ERROR: Cycle of locals
  b = local.c
  c = local.a
  d = local.a
  e = [local.e]                      # ERROR: Cycle of locals
}
model "x" {
  from = model.y                     # ERROR: Cycle of references
}
model "y" {
  from = model.x
}
model "itself" {
  from = model.itself                # ERROR: Reference to itself
}
method "lora" "first" {
  from = method.second               # ERROR: Cycle of references
}
method "lora" "second" {
  sweep {
    from = [method.third, method.first]
  }
}
method "lora" "third" {
  beside = method.third
  from   = method.first
}
dataset "p" {
  like = dataset.q                   # ERROR: Cycle of like
}
dataset "q" {
  like = dataset.p
}
dataset "r" {
  like = dataset.r                   # ERROR: Cycle of like
}
