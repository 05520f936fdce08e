// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"

#include <vector>

namespace rs::app {

#define RS_VERB(name) VerbInfo name##Verb();
#include "app/cli/verbs/registered.inc"
#undef RS_VERB

std::span<const VerbInfo> allVerbs() {
  static const std::vector<VerbInfo> kVerbs{
#define RS_VERB(name) name##Verb(),
#include "app/cli/verbs/registered.inc"
#undef RS_VERB
  };
  return kVerbs;
}

}  // namespace rs::app
