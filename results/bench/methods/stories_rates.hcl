# Which learning rate each method wants on the two data sets, by dev. Few steps
# and one seed: it chooses the rates of stories_table.hcl and shows how much they
# matter.

experiment "stories_rates" {
  description = "Which learning rate does each method want on a small model?"
  seeds       = [1]
}

variable "steps" {
  default     = 300
  description = "Steps of training, the same for every method."
}

method "probing" "probe" {}

method "probing" "last" {
  pooling = "last"
}

method "fine_tuning" "full" {
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [3e-4, 1e-3, 3e-3]
  }
}

method "lora" "lora" {
  targets    = ["all-linear"]
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [1e-3, 3e-3, 1e-2]
  }
}

method "adapter" "adapter" {
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [1e-3, 3e-3, 1e-2]
  }
}

method "ia3" "ia3" {
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [3e-3, 1e-2, 3e-2]
  }
}

method "layer_norm" "norms" {
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [1e-3, 3e-3, 1e-2]
  }
}

method "prefix_tuning" "prefix" {
  tokens     = 16
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [3e-3, 1e-2, 3e-2]
  }
}

method "prompt_tuning" "prompt" {
  tokens     = 16
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [1e-2, 3e-2, 1e-1]
  }
}

method "prefix_tuning" "prefix_from_probe" {
  from       = method.probe
  tokens     = 16
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [1e-3, 3e-3, 1e-2]
  }
}

method "prompt_tuning" "prompt_from_probe" {
  from       = method.probe
  tokens     = 16
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [3e-3, 1e-2, 3e-2]
  }
}
