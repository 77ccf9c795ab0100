#include "test/tested_back_end.h"

namespace warmline::test {

engine::BackEndKind tested_back_end = engine::BackEndKind::kEpoll;

engine::BackEndChoice TestedBackEnd() {
  return tested_back_end == engine::BackEndKind::kIoUring ? engine::BackEndChoice::kIoUring
                                                          : engine::BackEndChoice::kEpoll;
}

}  // namespace warmline::test
