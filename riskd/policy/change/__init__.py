"""What a change of policies loosens, tightens and lets riskd do more."""
