// SPDX-License-Identifier: Apache-2.0
//
// Forms that are made from descriptions: what goes in comes out, and what cannot be is told.
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <catch2/catch.hpp>

#include "core/base/error.h"
#include "core/experts/registry.h"
#include "core/routing/edit_json.h"
#include "tests/ui/application.h"
#include "ui/forms/edit_form.h"
#include "ui/forms/param_form.h"
#include "ui/palette.h"

namespace rs::ui {
namespace {

constexpr const char* kEveryOperation = R"([
  {"op":"ban","layer":3,"experts":[4,7]},
  {"op":"add","layer":[1,2],"pos":[5,6],"experts":[4],"value":-0.25,"name":"lean"},
  {"op":"set","layer":"all","experts":[1],"value":3},
  {"op":"temperature","layer":0,"value":0.5},
  {"op":"top_k","layer":0,"k":3},
  {"op":"top_p","layer":0,"p":0.9,"min":1,"max":4},
  {"op":"force","layer":0,"experts":[3,1],"weights":[0.75,0.25]},
  {"op":"force","layer":0,"experts":[3]},
  {"op":"redirect","layer":2,"from":3,"to":5},
  {"op":"virtual","layer":2,"mode":"compete","logit":4.5,"vector":{"unembed":12}},
  {"op":"virtual","layer":2,"mode":"reserve","weight":0.5,"vector":[1,2.5,-3]},
  {"op":"virtual","layer":2,"mode":"replace","expert":3,"vector":{"unembed":0}},
  {"op":"output","layer":2,"expert":3,"scale":0.5,"const":2},
  {"op":"output","layer":2,"expert":3},
  {"op":"resid_add","layer":1,"site":"resid_mid","vector":{"unembed":7},"scale":4}
])";

QLineEdit& line(const EditForm& form, const char* field) {
  auto* found = form.findChild<QLineEdit*>(QStringLiteral("edit_form.") + QString::fromLatin1(field));
  REQUIRE(found != nullptr);
  return *found;
}

}  // namespace

TEST_CASE("every edit comes out of the form as it went in") {
  rs::test::application();
  for (const Edit& edit : parseEdits(kEveryOperation)) {
    EditForm form(nullptr);
    form.setEdit(edit);
    INFO(editsToJson({edit}));
    INFO(editsToJson({form.edit()}));
    CHECK(form.edit() == edit);
  }
}

TEST_CASE("one form takes one operation after the other") {
  rs::test::application();
  EditForm form(nullptr);
  for (const Edit& edit : parseEdits(kEveryOperation)) {
    form.setEdit(edit);
    CHECK(form.edit() == edit);
  }
}

TEST_CASE("an edit that is off stays off in the form") {
  rs::test::application();
  EditForm form(nullptr);
  form.setEdit(parseEdits(R"([{"op":"ban","layer":3,"experts":[4],"on":false}])").front());
  CHECK(!form.edit().on);
}

TEST_CASE("ranges are written as in the command line") {
  rs::test::application();
  EditForm form(nullptr);
  form.setEdit(parseEdits(kEveryOperation).front());
  line(form, "layer").setText(QStringLiteral("2..4"));
  line(form, "experts").setText(QStringLiteral("1, 5..7"));
  const Edit read = form.edit();
  CHECK(read.where.layers == std::vector<std::int32_t>{2, 3, 4});
  CHECK(std::get<std::vector<std::int32_t>>(read.fields.at("experts")) ==
        std::vector<std::int32_t>{1, 5, 6, 7});
}

TEST_CASE("what cannot be read is told beneath the fields and not applied") {
  rs::test::application();
  EditForm form(nullptr);
  int n_applied = 0;
  form.applied = [&](const Edit&) { ++n_applied; };
  form.setEdit(parseEdits(kEveryOperation).front());
  line(form, "experts").setText(QStringLiteral("four"));
  form.findChild<QPushButton*>(QStringLiteral("edit_form.apply"))->click();
  CHECK(n_applied == 0);
  CHECK(form.findChild<QLabel*>(QStringLiteral("edit_form.problem"))
            ->text()
            .contains(QStringLiteral("experts")));
  line(form, "experts").setText(QStringLiteral("4"));
  form.findChild<QPushButton*>(QStringLiteral("edit_form.apply"))->click();
  CHECK(n_applied == 1);
  CHECK(form.findChild<QLabel*>(QStringLiteral("edit_form.problem"))->text().isEmpty());
}

TEST_CASE("a field of another mode is neither shown nor read") {
  rs::test::application();
  EditForm form(nullptr);
  form.setEdit(
      parseEdits(R"([{"op":"virtual","layer":2,"mode":"compete","logit":4.5,"vector":{"unembed":12}}])")
          .front());
  auto* mode = form.findChild<QComboBox*>(QStringLiteral("edit_form.mode"));
  REQUIRE(mode != nullptr);
  mode->setCurrentText(QStringLiteral("reserve"));
  line(form, "weight").setText(QStringLiteral("0.25"));
  const Edit read = form.edit();
  CHECK(!read.fields.contains("logit"));
  CHECK(std::get<double>(read.fields.at("weight")) == 0.25);
}

TEST_CASE("every option of every virtual expert has an input that sets it") {
  rs::test::application();
  for (const VirtualExpertInfo& info : virtualExperts()) {
    const auto expert = info.create();
    ParamLister lister;
    expert->visit(lister);
    QWidget widget;
    QFormLayout layout(&widget);
    std::map<std::string, std::string> set;
    ParamFormBuilder builder(layout, QStringLiteral("virtual"),
                             [&](const std::string& name, const std::string& text) { set[name] = text; });
    expert->visit(builder);
    for (const ParamInfo& param : lister.params()) {
      INFO(param.name);
      CHECK(widget.findChild<QWidget*>(QStringLiteral("virtual.") + QString::fromStdString(param.name)) !=
            nullptr);
    }
    widget.findChild<QComboBox*>(QStringLiteral("virtual.mode"))->setCurrentText(QStringLiteral("force"));
    CHECK(set["mode"] == "force");
    auto* layers = widget.findChild<QLineEdit*>(QStringLiteral("virtual.layers"));
    CHECK(layers->text() == QStringLiteral("-2..-1"));
    for (const auto& [name, text] : set) {
      ParamSetter setter(std::string(info.id), name, text);
      CHECK_NOTHROW(expert->visit(setter));
    }
  }
}

TEST_CASE("the palette matches letters in their order, whatever the case") {
  CHECK(matchesLetters(QStringLiteral("lyin"), QStringLiteral("View: Layout Intervene")));
  CHECK(matchesLetters(QString(), QStringLiteral("anything")));
  CHECK(!matchesLetters(QStringLiteral("zz"), QStringLiteral("View: Layout Intervene")));
  CHECK(!matchesLetters(QStringLiteral("nI v x"), QStringLiteral("Intervene")));
}

}  // namespace rs::ui
