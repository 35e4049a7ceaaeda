"""What customers agree to: payment plans and promises."""
