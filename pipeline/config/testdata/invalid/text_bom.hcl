locals {
  x = "﻿" # ERROR: Byte order mark inside the file
}
