/** The screens that nobody needs in order to answer: loaded once the first one stands. */

import type { ComponentChild } from "preact";
import type { Given } from "../page";
import type { Screen } from "../places";
import { Limits, Rules } from "./about";
import { CodeScreen } from "./code";
import { CountedScreen } from "./counted";
import { Collecting, Groups } from "./groups";
import { Key } from "./key";

export const screens: Readonly<Partial<Record<Screen, (given: Given) => ComponentChild>>> = {
  rules: Rules,
  limits: Limits,
  code: CodeScreen,
  groups: Groups,
  collecting: Collecting,
  key: Key,
  counted: CountedScreen,
};
