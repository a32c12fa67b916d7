interface Window {
  zapetteEarly?: import("../early_answer.js").Early;
}
