// The back end that this run of the program tests: the same cases hold for each.
#pragma once

#include "engine/back_end.h"

namespace warmline::test {

// Set once, by main.
extern engine::BackEndKind tested_back_end;

engine::BackEndChoice TestedBackEnd();

}  // namespace warmline::test
