# How much does the learning rate decide? Each trained method at 1/3, 1, 3, 10 and
# 30 times its default rate, everything else equal: steps, rows, schedule.

experiment "clauses_rates" {
  description = "Which methods stand or fall with their learning rate?"
  seeds       = [1, 2]
}

variable "steps" {
  default     = 200
  description = "Steps of training, the same for every method."
}

method "fine_tuning" "full" {
  steps = var.steps
  sweep {
    learning_rate = [1.7e-5, 5e-5, 1.5e-4, 5e-4, 1.5e-3]
  }
}

method "lora" "lora" {
  steps = var.steps
  sweep {
    learning_rate = [1.7e-4, 5e-4, 1.5e-3, 5e-3, 1.5e-2]
  }
}

method "adapter" "adapter" {
  steps = var.steps
  sweep {
    learning_rate = [3.3e-5, 1e-4, 3e-4, 1e-3, 3e-3]
  }
}

method "bitfit" "bitfit" {
  steps = var.steps
  sweep {
    learning_rate = [3.3e-4, 1e-3, 3e-3, 1e-2, 3e-2]
  }
}

method "ia3" "ia3" {
  steps      = var.steps
  batch_size = 32
  sweep {
    learning_rate = [1e-3, 3e-3, 9e-3, 3e-2, 9e-2]
  }
}

method "layer_norm" "norms" {
  steps = var.steps
  sweep {
    learning_rate = [1e-4, 3e-4, 9e-4, 3e-3, 9e-3]
  }
}

method "prefix_tuning" "prefix" {
  steps = var.steps
  sweep {
    learning_rate = [1.7e-3, 5e-3, 1.5e-2, 5e-2, 1.5e-1]
  }
}

method "prompt_tuning" "prompt" {
  steps = var.steps
  sweep {
    learning_rate = [1e-2, 3e-2, 9e-2, 3e-1, 9e-1]
  }
}
