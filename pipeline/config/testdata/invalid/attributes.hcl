experiment "e" {
  seeds = [1, 2]
  seed  = 3                          # ERROR: Unknown attribute "seed"
}
colour = 3                           # ERROR: Attribute "colour" outside of a block
method "lora" "unknown_attributes" {
  rnak       = 8                     # ERROR: Unknown attribute "rnak"
  pooling    = "mean"                # ERROR: Unknown attribute "pooling"
  part       = "lora"                # ERROR: "part" is a block
  sweep      = [1]                   # ERROR: "sweep" is a block
  rаnk       = 8                     # ERROR: Unknown attribute "rаnk"
  from {}                            # ERROR: "from" is an attribute
  shape {}                           # ERROR: Unknown block "shape"
}
dataset "no_task" {                  # ERROR: Missing attribute "task"
  label = "kind"
}
dataset "of_null" {
  task = null                        # ERROR: Wrong type for task
}
model "no_steps" {
  pretrain {                         # ERROR: Missing attribute "steps"
    layers = 1
  }
}
model "two_sources" {
  pretrain {
    steps = 1
  }
  pretrain {                         # ERROR: Second pretrain block
    steps = 2
  }
}
