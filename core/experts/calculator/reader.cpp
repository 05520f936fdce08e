// SPDX-License-Identifier: Apache-2.0
//
// Everything is judged by the text as it stands after each token. The little that is remembered between
// tokens (the open question, whether its answer has begun) is itself a function of the tokens read.
#include "core/experts/calculator/reader.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace rs {
namespace {

constexpr std::size_t kMaxSentence = 600;  // bytes; a longer one does not ask
constexpr std::size_t kMaxLine = 2400;     // of it the end is looked at
constexpr std::size_t kMaxDistance = 400;  // from a question in plain text to its answer
constexpr std::size_t kMaxGap = 24;        // white space and marks between them
constexpr std::size_t kMaxWritten = 1400;  // of an answer

// What may stand right before an answer and is no part of it.
constexpr auto kGapMarks = std::to_array<std::string_view>({"**", "$", "`", "\\(", "\\[", "\\boxed{"});

bool isNumeric(char c) {
  return isDigit(c) || c == '.' || c == ',';
}
bool isName(char c) {
  return isLetter(c) || isDigit(c) || c == '_';
}

bool hasTwoDigits(std::string_view text) {
  return std::count_if(text.begin(), text.end(), isDigit) >= 2;
}

// 11303 to 11,303; empty if there is nothing to group.
std::string grouped(std::string_view value) {
  const std::size_t begin = value.starts_with('-') ? 1 : 0;
  const std::size_t end = std::min(value.find('.'), value.size());
  if (end - begin < 4) {
    return {};
  }
  std::string text(value.substr(0, begin));
  for (std::size_t i = begin; i < end; ++i) {
    if (i > begin && (end - i) % 3 == 0) {
      text += ',';
    }
    text += value[i];
  }
  return text.append(value.substr(end));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isSpace(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && isSpace(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

CalculatorReader::CalculatorReader(const TokenText& tokens, CalculatorOptions options)
    : tokens_(tokens), options_(options), chat_(tokens) {}

void CalculatorReader::beginText() {
  answered_.reset();
  abstained_.reset();
  question_end_ = 0;
  question_ends_in_dot_ = false;
  if (chat_.voice() == Voice::kUser || chat_.voice() == Voice::kText || !question_is_from_user_) {
    question_.reset();
    question_is_from_user_ = false;
  }
  if (chat_.voice() == Voice::kUser) {
    user_questions_.clear();
  }
}

void CalculatorReader::read(int token, int position, Reaction& reaction) {
  const ChatText::Event event = chat_.read(token);
  const bool writes =
      chat_.voice() == Voice::kText || chat_.voice() == Voice::kAnswer || chat_.voice() == Voice::kThought;
  switch (event) {
    case ChatText::Event::kNone:
      return;
    case ChatText::Event::kEnded:
      if (chat_.voice() == Voice::kUser) {
        readUserEnd();
      }
      return;
    case ChatText::Event::kBegan:
      beginText();
      break;
    case ChatText::Event::kBytes:
      if (writes || chat_.voice() == Voice::kUser) {
        readSentences();
      }
  }
  Site site;
  if (writes && findSite(site)) {
    answer(site, position, reaction);
  }
}

// --- questions
// -----------------------------------------------------------------------------------------------

void CalculatorReader::readSentences() {
  const std::string& text = chat_.text();
  for (std::size_t i = text.size() - chat_.added(); i < text.size(); ++i) {
    const char c = text[i];
    if (question_ends_in_dot_) {
      question_ends_in_dot_ = false;
      if (isName(c)) {
        question_.reset();
      }
    }
    if (c == '?' || c == '.' || c == ':' || c == '\n') {
      readSentence(i + 1, chat_.voice() == Voice::kUser ? Whose::kUserLine : Whose::kText);
    }
  }
  const bool far = answered_.value_or(chat_.dropped() + text.size()) > question_end_ + kMaxDistance;
  if (question_ && !question_is_from_user_ && far) {
    question_.reset();
  }
}

std::size_t CalculatorReader::sentenceBegin(std::size_t end) const {
  const std::string& text = chat_.text();
  std::size_t begin = end > 0 ? end - 1 : 0;
  while (begin > 0) {
    const char before = text[begin - 1];
    const bool stops = before == '?' || before == '!' || before == '.';
    if (before == '\n' || (stops && isSpace(text[begin]))) {
      break;
    }
    --begin;
  }
  return begin;
}

void CalculatorReader::readSentence(std::size_t end, Whose whose) {
  const std::size_t begin = sentenceBegin(end);
  const std::string_view sentence = std::string_view(chat_.text()).substr(begin, end - begin);
  if (sentence.size() > kMaxSentence || !hasTwoDigits(sentence)) {
    return;
  }
  std::optional<Asked> asked = findQuestion(sentence, whose, options_.max_decimals, scratch_);
  if (!asked) {
    return;
  }
  if (chat_.voice() == Voice::kUser) {
    keepUserQuestion(std::move(*asked));
    return;
  }
  question_ = std::move(asked);
  question_end_ = chat_.dropped() + end;
  question_is_from_user_ = false;
  question_ends_in_dot_ = chat_.text()[end - 1] == '.';
  answered_.reset();
}

void CalculatorReader::keepUserQuestion(Asked asked) {
  // The same words read again at a later mark count once.
  const auto same = [&](const Asked& other) { return other.outcome.expression == asked.outcome.expression; };
  if (std::none_of(user_questions_.begin(), user_questions_.end(), same)) {
    user_questions_.push_back(std::move(asked));
  }
}

void CalculatorReader::readUserEnd() {
  const std::string& text = chat_.text();
  readSentence(text.size(), Whose::kUserLine);
  const std::string_view whole = trimmed(text);
  if (user_questions_.empty() && whole.size() <= kMaxSentence) {
    if (auto asked = findQuestion(whole, Whose::kUserMessage, options_.max_decimals, scratch_)) {
      user_questions_.push_back(std::move(*asked));
    }
  }
  if (user_questions_.empty()) {
    return;
  }
  question_is_from_user_ = true;
  question_ = user_questions_.front();
  if (user_questions_.size() > 1) {
    question_->outcome = {"", "", format("the message asks for %zu values", user_questions_.size())};
  }
}

// --- where an answer begins
// ----------------------------------------------------------------------------------

std::size_t CalculatorReader::skipGap(std::size_t at) const {
  const std::string_view text = chat_.text();
  const std::size_t begin = at;
  bool moved = true;
  while (moved && at < text.size() && at - begin <= kMaxGap) {
    moved = isSpace(text[at]);
    at += moved ? 1 : 0;
    for (const std::string_view mark : kGapMarks) {
      if (text.substr(at, mark.size()) == mark) {
        at += mark.size();
        moved = true;
      }
    }
  }
  return at;
}

bool CalculatorReader::siteAfterQuestion(Site& site) const {
  if (!question_ || question_end_ < chat_.dropped() || chat_.voice() == Voice::kThought) {
    return false;
  }
  if (question_is_from_user_ && chat_.dropped() > 0) {
    return false;
  }
  const std::string& text = chat_.text();
  const std::size_t end = question_end_ - chat_.dropped();
  const std::size_t begin = skipGap(end);
  std::size_t at = begin;
  if (at < text.size() && text[at] == '-') {
    ++at;
  }
  const bool numeric = std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), isNumeric);
  if (begin - end > kMaxGap || !numeric) {
    return false;
  }
  site.asked = &*question_;
  site.begin = begin;
  site.bare = true;
  site.needs_space = end > 0 && begin == end && text[end - 1] != '\n';
  return true;
}

CalculatorReader::Tail CalculatorReader::cutTail() const {
  const std::string_view text = chat_.text();
  Tail tail;
  tail.begin = text.size();
  while (tail.begin > 0 && isNumeric(text[tail.begin - 1])) {
    --tail.begin;
  }
  if (tail.begin < text.size() && !isDigit(text[tail.begin])) {
    tail.begin = text.size();
  }
  if (tail.begin > 0 && text[tail.begin - 1] == '-') {
    --tail.begin;
  }
  tail.asks_end = tail.begin;
  bool moved = true;
  while (moved && tail.asks_end > 0 && tail.begin - tail.asks_end <= kMaxGap) {
    moved = isSpace(text[tail.asks_end - 1]);
    tail.asks_end -= moved ? 1 : 0;
    for (const std::string_view mark : kGapMarks) {
      if (text.substr(0, tail.asks_end).ends_with(mark)) {
        tail.asks_end -= mark.size();
        moved = true;
      }
    }
  }
  return tail;
}

bool CalculatorReader::siteAtPrompt(const Tail& tail, Site& site) {
  const std::string_view text = std::string_view(chat_.text()).substr(0, tail.asks_end);
  std::size_t end = text.size();
  if (end > 1 && text[end - 1] == ':' && isLetter(text[end - 2])) {
    --end;  // 127 times 89 is:
  }
  const std::size_t newline = text.substr(0, end).rfind('\n');
  std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  if (end - begin > kMaxLine || (begin == 0 && chat_.dropped() > 0)) {
    // Only the end of a very long line is known; it has to contain the beginning of the expression.
    begin = end > kMaxLine ? std::max(begin, end - kMaxLine) : begin;
    const std::size_t space = text.find(". ", begin);
    if (space == std::string_view::npos || space >= end) {
      return false;
    }
    begin = space + 2;
  }
  const std::string_view line = text.substr(begin, end - begin);
  if (!hasTwoDigits(line)) {
    return false;
  }
  prompt_ = findPrompt(line, options_.max_decimals, scratch_);
  if (!prompt_) {
    return false;
  }
  site.asked = &*prompt_;
  // 127*89= goes on without a space, 127 * 89 = and words with one.
  site.needs_space = text.back() != '=' || (text.size() > 1 && text[text.size() - 2] == ' ');
  return true;
}

bool CalculatorReader::siteAfterLeadIn(const Tail& tail, Site& site) {
  if (!question_) {
    return false;
  }
  const std::string_view text = std::string_view(chat_.text()).substr(0, tail.asks_end);
  std::size_t begin = sentenceBegin(text.size());
  if (question_end_ > chat_.dropped()) {
    begin = std::max(begin, question_end_ - chat_.dropped());
  }
  if (begin >= text.size() || text.size() - begin > kMaxSentence || !leadsIn(text.substr(begin), scratch_)) {
    return false;
  }
  site.asked = &*question_;
  site.needs_space = true;
  return true;
}

bool CalculatorReader::findSite(Site& site) {
  const std::string& text = chat_.text();
  if (siteAfterQuestion(site)) {
    site.begin += chat_.dropped();
  } else {
    const Tail tail = cutTail();
    if (tail.asks_end == 0 || tail.begin - tail.asks_end > kMaxGap) {
      return false;
    }
    if (!mayAsk(std::string_view(text).substr(0, tail.asks_end))) {
      return false;
    }
    if (!siteAtPrompt(tail, site) && !siteAfterLeadIn(tail, site)) {
      return false;
    }
    site.begin = chat_.dropped() + tail.begin;
    site.needs_space = site.needs_space && tail.asks_end == tail.begin;
  }
  const std::size_t begin = site.begin - chat_.dropped();
  if (text.size() - begin > kMaxWritten) {
    return false;
  }
  site.needs_space = site.needs_space && begin == text.size();
  site.has_space = begin > 0 && text[begin - 1] == ' ';
  return isOpen(site);
}

// Whether the answer here has not been given elsewhere; notes that it has begun.
bool CalculatorReader::isOpen(const Site& site) {
  const bool of_question =
      question_ && (site.asked == &*question_ || site.asked->outcome.value == question_->outcome.value);
  if (!of_question) {
    return true;
  }
  if (site.asked == &*question_ && answered_ && *answered_ != site.begin) {
    return false;
  }
  if (chat_.dropped() + chat_.text().size() > site.begin && isDigit(chat_.text().back())) {
    answered_ = site.begin;
  }
  return true;
}

// --- the answer
// ----------------------------------------------------------------------------------------------

void CalculatorReader::answer(const Site& site, int position, Reaction& reaction) {
  const Outcome& outcome = site.asked->outcome;
  const std::string_view written = std::string_view(chat_.text()).substr(site.begin - chat_.dropped());
  if (!outcome.hasValue()) {
    if (written.empty() && abstained_ != site.begin && !(site.has_space && abstained_ == site.begin - 1)) {
      reaction.abstains = true;
      reaction.abstention = {position, site.asked->trigger, outcome.reason};
      abstained_ = site.begin;
    }
    return;
  }
  const std::string with_groups = grouped(outcome.value);
  if (written == outcome.value || (written == with_groups && !with_groups.empty())) {
    if (options_.ends) {
      pushEnd(site, position, reaction);
    }
  } else if (std::string_view(outcome.value).starts_with(written)) {
    push(site, outcome.value, position, reaction);
  } else if (std::string_view(with_groups).starts_with(written)) {
    push(site, with_groups, position, reaction);
  }
}

void CalculatorReader::push(const Site& site, std::string_view value, int position, Reaction& reaction) {
  const bool spaced = site.needs_space || site.has_space;
  std::string whole = (spaced ? " " : "") + std::string(value);
  const std::size_t written = chat_.dropped() + chat_.text().size() - site.begin + (site.has_space ? 1 : 0);
  if (whole != answer_text_) {
    answer_tokens_ = tokens_.encode(whole);
    answer_text_ = std::move(whole);
  }
  std::size_t index = 0;
  std::size_t covered = 0;
  while (index < answer_tokens_.size() && covered < written) {
    covered += tokens_.bytes(answer_tokens_[index]).size();
    index += covered <= written ? 1 : 0;
  }
  int token = -1;
  std::size_t count = answer_tokens_.size();
  if (covered == written && index < count) {
    token = answer_tokens_[index];
  } else {
    // What is written ends within a token of the answer: the rest is tokenised by itself.
    const std::vector<int> rest = tokens_.encode(std::string_view(answer_text_).substr(written));
    if (rest.empty()) {
      return;
    }
    token = rest.front();
    count = index + rest.size();
  }
  reaction.fires = true;
  reaction.firing = {position,
                     token,
                     site.asked->trigger,
                     site.asked->outcome.expression,
                     site.asked->outcome.value,
                     static_cast<int>(index),
                     static_cast<int>(count)};
}

void CalculatorReader::pushEnd(const Site& site, int position, Reaction& reaction) {
  int token = -1;
  if (chat_.voice() == Voice::kAnswer && site.bare) {
    token = tokens_.special("<|return|>");
  } else if (chat_.voice() == Voice::kText && !answer_tokens_.empty()) {
    const std::vector<int> newline = tokens_.encode("\n");
    token = newline.size() == 1 ? newline.front() : -1;
  }
  if (token < 0) {
    return;
  }
  const int count = static_cast<int>(answer_tokens_.size());
  reaction.fires = true;
  reaction.firing = {
      position, token, site.asked->trigger, site.asked->outcome.expression, site.asked->outcome.value,
      count,    count};
}

}  // namespace rs
