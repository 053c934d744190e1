# What a soft prompt starts from, where the model knows the task: random numbers,
# random words or the label words. The language-modelling head scores the label
# words after the prompt and the text.

experiment "decoder_prompts" {
  description = "Does a prompt that starts from words do better than one that starts at random?"
  seeds       = [1, 2, 3, 4, 5]
}

variable "steps" {
  default     = 150
  description = "Steps of training, the same for every prompt."
}

method "prompting" "zero_shot" {
  format = format.asked
}

method "prompt_tuning" "random" {
  format     = format.asked
  init       = "random"
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [3e-3, 3e-2]
  }
}

method "prompt_tuning" "vocabulary" {
  format     = format.asked
  init       = "vocabulary"
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [3e-3, 3e-2]
  }
}

method "prompt_tuning" "label_words" {
  format     = format.asked
  init       = "label_words"
  steps      = var.steps
  batch_size = 16
  sweep {
    learning_rate = [3e-3, 3e-2]
  }
}
