#include "lib/slo/sli/sli.h"

#include <cassert>

namespace slod {
namespace {

/// What no caller may ask for, since the SLI is judged in another way.
template <class Answer>
Answer never() {
  assert(false);
  return {};
}

template <class... Forms>
RolloutLimit rollout_limit_among(std::string_view kind, const std::variant<Forms...>* /*forms*/) {
  RolloutLimit limit = RolloutLimit::none;
  ((Forms::kind == kind ? void(limit = Forms::rollout_limit) : void()), ...);
  return limit;
}

}  // namespace

std::string_view kind_of(const Sli& sli) {
  return std::visit([]<class Form>(const Form&) -> std::string_view { return Form::kind; }, sli);
}

RolloutLimit rollout_limit_of(std::string_view kind) {
  constexpr const Sli* every_form = nullptr;
  return rollout_limit_among(kind, every_form);
}

std::string fingerprint(const Sli& sli) {
  return std::visit([](const auto& form) { return form.fingerprint(); }, sli);
}

SliJudging judging_of(const Sli& sli) {
  return std::visit(
      []<class Form>(const Form&) {
        if constexpr (EventSli<Form>) return SliJudging::events;
        if constexpr (TimeSliceSli<Form>) return SliJudging::time_slices;
        if constexpr (EvaluatedSli<Form>) return SliJudging::expressions;
      },
      sli);
}

std::vector<Demanded> demands(const Sli& sli) {
  return std::visit(
      []<class Form>(const Form& form) -> std::vector<Demanded> {
        if constexpr (CountedSli<Form>) return form.demands();
        return {};
      },
      sli);
}

std::optional<BucketUse> bucket_use(const Sli& sli) {
  return std::visit(
      []<class Form>(const Form& form) -> std::optional<BucketUse> {
        if constexpr (CountedSli<Form>) return form.bucket_use();
        return std::nullopt;
      },
      sli);
}

std::optional<Duration> slice_of(const Sli& sli) {
  return std::visit(
      []<class Form>(const Form& form) -> std::optional<Duration> {
        if constexpr (EventSli<Form>)
          return std::nullopt;
        else
          return form.slice;
      },
      sli);
}

std::string_view to_string(SliPart part) {
  return part == SliPart::good ? "good" : "bad";
}

std::optional<SliPart> part_of(const Sli& sli) {
  return std::visit([](const auto& form) -> std::optional<SliPart> { return form.part(); }, sli);
}

std::vector<const Expression*> expressions(const Sli& sli) {
  return std::visit(
      []<class Form>(const Form& form) -> std::vector<const Expression*> {
        if constexpr (EvaluatedSli<Form>) return form.expressions();
        return {};
      },
      sli);
}

Events events(const Sli& sli, const PendingCounts& counts) {
  return std::visit(
      [&]<class Form>(const Form& form) {
        if constexpr (EventSli<Form>)
          return form.events(counts);
        else
          return never<Events>();
      },
      sli);
}

BucketCounts slice_events(const Sli& sli, const PendingCounts& counts) {
  return std::visit(
      [&]<class Form>(const Form& form) {
        if constexpr (TimeSliceSli<Form>)
          return form.slice_events(counts);
        else
          return never<BucketCounts>();
      },
      sli);
}

SliceOutcome judge(const Sli& sli, const SliceCounts& slice) {
  return std::visit(
      [&]<class Form>(const Form& form) {
        if constexpr (TimeSliceSli<Form>)
          return form.judge(slice);
        else
          return never<SliceOutcome>();
      },
      sli);
}

SliceValue judge(const Sli& sli, std::span<const ElementValues> values) {
  return std::visit(
      [&]<class Form>(const Form& form) {
        if constexpr (EvaluatedSli<Form>)
          return form.judge(values);
        else
          return never<SliceValue>();
      },
      sli);
}

}  // namespace slod
