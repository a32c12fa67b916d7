import assert from "node:assert/strict";

import { vectors } from "./vectors.js";

const { state, objects, optional } = vectors("state");
/** @type {Record<string, Record<string, string>>} */
const SHAPES = { state, ...objects };

/** @type {Record<string, (value: any) => boolean>} */
const SCALARS = {
  text: (value) => typeof value === "string",
  number: (value) => Number.isFinite(value),
  "whole number": (value) => Number.isInteger(value) && value >= 0,
  boolean: (value) => typeof value === "boolean",
};

/**
 * Check that `value` is of a type in the words of tests/vectors/state.json: an object has every
 * field of it, and no other.
 * @param {any} value
 * @param {string} type
 * @param {string} [where]
 */
export function assertType(value, type, where = type) {
  if (type.endsWith(" or null")) {
    if (value !== null) assertType(value, type.replace(/ or null$/, ""), where);
  } else if (type.startsWith("list of ")) {
    assert.ok(Array.isArray(value), where);
    for (const item of value) assertType(item, type.replace("list of ", ""), `${where}[]`);
  } else if (type.startsWith("one of ")) {
    assert.ok(type.replace("one of ", "").split(", ").includes(value), `${where}: ${value}`);
  } else if (SCALARS[type]) {
    assert.ok(SCALARS[type](value), `${where}: ${value}`);
  } else {
    assertFields(value, SHAPES[type], optional[type] || [], where);
  }
}

/**
 * @param {any} value
 * @param {Record<string, string>} fields
 * @param {string[]} optional those that may be missing
 * @param {string} where
 */
export function assertFields(value, fields, optional, where) {
  assert.ok(fields && value && typeof value === "object", where);
  const present = Object.keys(fields).filter((it) => it in value || !optional.includes(it));
  assert.deepEqual(Object.keys(value).sort(), present.sort(), where);
  for (const name of present) assertType(value[name], fields[name], `${where}.${name}`);
}
