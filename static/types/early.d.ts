interface Window {
  zapetteEarly?: import("../connection/early-answer.js").Early;
}
