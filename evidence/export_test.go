package evidence

// ScoreOf is scoreOf, for the claims about it.
var ScoreOf = scoreOf
