// ATen's operators by name, through the dispatcher.

#pragma once

#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include <memory>

#include "handles.h"

namespace {

enum Kind : int32_t {
  kNone = 0,
  kTensor = 1,
  kInt = 2,
  kDouble = 3,
  kBool = 4,
  kIntList = 5,
  kDoubleList = 6,
  kTensorList = 7,
  kString = 8,
  kDevice = 9,
  kDefault = 10,
};

struct Value {
  int32_t kind;
  int32_t count;
  union {
    int64_t i;
    double d;
    void* p;
  };
};

struct Slot {
  std::string name;
  c10::TypePtr type;
  bool nullable;
  int32_t given;  // index among the caller's arguments, or -1
  optional<c10::IValue> fallback;
};

struct Plan {
  c10::OperatorHandle op;
  std::vector<Slot> slots;
  std::vector<std::string> ignored;  // optional parameters this version does not have
  std::vector<int32_t> ignored_index;
};

template <class T, class U>
c10::List<T> list_of(const U* items, int32_t count) {
  c10::List<T> list;
  list.reserve(count);
  for (int32_t i = 0; i < count; ++i) {
    list.push_back(static_cast<T>(items[i]));
  }
  return list;
}

c10::IValue to_ivalue(const Value& value, const Slot& slot) {
  const c10::TypeKind kind = slot.type->kind();
  switch (value.kind) {
    case kNone:
      if (kind == c10::TypeKind::TensorType && !slot.nullable) {
        return c10::IValue(Tensor());
      }
      return c10::IValue();
    case kTensor:
      return c10::IValue(borrow(value.p));
    case kInt:
      if (kind == c10::TypeKind::FloatType) {
        return c10::IValue(static_cast<double>(value.i));
      }
      if (kind == c10::TypeKind::BoolType) {
        return c10::IValue(value.i != 0);
      }
      if (kind == c10::TypeKind::ListType) {
        return c10::IValue(list_of<int64_t>(&value.i, 1));
      }
      return c10::IValue(value.i);
    case kDouble:
      TORCH_CHECK(
          kind == c10::TypeKind::FloatType || kind == c10::TypeKind::NumberType,
          "argument '", slot.name, "' must be ", slot.type->str(), ", not a floating-point number");
      return c10::IValue(value.d);
    case kBool:
      return kind == c10::TypeKind::IntType ? c10::IValue(value.i) : c10::IValue(value.i != 0);
    case kIntList: {
      const auto* items = static_cast<const int64_t*>(value.p);
      TORCH_CHECK(kind == c10::TypeKind::ListType, "argument '", slot.name, "' must be ", slot.type->str(), ", not a list");
      const c10::TypeKind element = slot.type->castRaw<c10::ListType>()->getElementType()->kind();
      if (element == c10::TypeKind::BoolType) {
        return c10::IValue(list_of<bool>(items, value.count));
      }
      if (element == c10::TypeKind::FloatType) {
        return c10::IValue(list_of<double>(items, value.count));
      }
      return c10::IValue(list_of<int64_t>(items, value.count));
    }
    case kDoubleList:
      return c10::IValue(list_of<double>(static_cast<const double*>(value.p), value.count));
    case kTensorList: {
      auto* const* items = static_cast<void* const*>(value.p);
      TORCH_CHECK(kind == c10::TypeKind::ListType, "argument '", slot.name, "' must be ", slot.type->str(), ", not a list");
      const auto& element = slot.type->castRaw<c10::ListType>()->getElementType();
      if (element->kind() == c10::TypeKind::OptionalType) {
        c10::List<optional<Tensor>> list;
        list.reserve(value.count);
        for (int32_t i = 0; i < value.count; ++i) {
          if (items[i] == nullptr) {
            list.push_back(optional<Tensor>());
          } else {
            list.push_back(optional<Tensor>(borrow(items[i])));
          }
        }
        return c10::IValue(std::move(list));
      }
      c10::List<Tensor> list;
      list.reserve(value.count);
      for (int32_t i = 0; i < value.count; ++i) {
        list.push_back(borrow(items[i]));
      }
      return c10::IValue(std::move(list));
    }
    case kString:
      return c10::IValue(std::string(static_cast<const char*>(value.p), value.count));
    case kDevice:
      return c10::IValue(unpack_device(value.i));
    default:
      TORCH_CHECK(slot.fallback.has_value(), "argument '", slot.name, "' is required");
      return *slot.fallback;
  }
}

thread_local std::vector<void*> list_results;

void to_value(const c10::IValue& result, Value* out) {
  out->count = 0;
  if (result.isTensor()) {
    out->kind = kTensor;
    out->p = own(result.toTensor());
  } else if (result.isInt()) {
    out->kind = kInt;
    out->i = result.toInt();
  } else if (result.isDouble()) {
    out->kind = kDouble;
    out->d = result.toDouble();
  } else if (result.isBool()) {
    out->kind = kBool;
    out->i = result.toBool() ? 1 : 0;
  } else if (result.isNone()) {
    out->kind = kNone;
    out->i = 0;
  } else if (result.isTensorList()) {
    list_results.clear();
    for (const Tensor& item : result.toTensorVector()) {
      list_results.push_back(own(item));
    }
    out->kind = kTensorList;
    out->count = static_cast<int32_t>(list_results.size());
    out->p = list_results.data();
  } else if (result.isScalar()) {
    out->kind = kDouble;
    out->d = result.toScalar().toDouble();
  } else {
    TORCH_CHECK(false, "a result of type ", result.tagKind(), " is not supported");
  }
}

}  // namespace

// Names: NUL-separated parameter names; a trailing '?' marks one that a libtorch may lack.
MTT_EXPORT void* mtt_operator(const char* name, const char* overload, const char* const* parameters, int32_t count) {
  void* result = nullptr;
  guarded([&] {
    auto found = c10::Dispatcher::singleton().findSchema(c10::OperatorName(name, overload));
    TORCH_CHECK(found.has_value(), "this libtorch (", TORCH_VERSION, ") has no such operator");
    auto plan = std::make_unique<Plan>(Plan{*found, {}, {}, {}});
    std::vector<bool> used(count, false);
    for (const auto& argument : found->schema().arguments()) {
      Slot slot;
      slot.name = argument.name();
      slot.type = argument.type();
      slot.nullable = false;
      if (auto opt = slot.type->cast<c10::OptionalType>()) {
        slot.type = opt->getElementType();
        slot.nullable = true;
      }
      slot.given = -1;
      if (argument.default_value().has_value()) {
        slot.fallback = *argument.default_value();
      } else if (slot.nullable) {
        slot.fallback = c10::IValue();
      }
      for (int32_t i = 0; i < count; ++i) {
        std::string given = parameters[i];
        if (!given.empty() && given.back() == '?') {
          given.pop_back();
        }
        if (given == slot.name) {
          slot.given = i;
          used[i] = true;
        }
      }
      TORCH_CHECK(slot.given >= 0 || slot.fallback.has_value(), "argument '", slot.name, "' is required: ", found->schema());
      plan->slots.push_back(std::move(slot));
    }
    for (int32_t i = 0; i < count; ++i) {
      const std::string given = parameters[i];
      if (!used[i]) {
        TORCH_CHECK(!given.empty() && given.back() == '?', "no argument named '", given, "': ", found->schema());
        plan->ignored.push_back(given);
        plan->ignored_index.push_back(i);
      }
    }
    result = plan.release();
  });
  return result;
}

MTT_EXPORT int mtt_call(void* handle, const Value* values, Value* results, int32_t capacity, int32_t* result_count) {
  return guarded([&] {
    const auto* plan = static_cast<const Plan*>(handle);
    for (size_t i = 0; i < plan->ignored_index.size(); ++i) {
      const Value& value = values[plan->ignored_index[i]];
      TORCH_CHECK(
          value.kind == kNone || value.kind == kDefault,
          "this libtorch (", TORCH_VERSION, ") does not know the argument '", plan->ignored[i], "'");
    }
    torch::jit::Stack stack;
    stack.reserve(plan->slots.size());
    for (const Slot& slot : plan->slots) {
      if (slot.given >= 0) {
        stack.push_back(to_ivalue(values[slot.given], slot));
      } else {
        stack.push_back(*slot.fallback);
      }
    }
    plan->op.callBoxed(&stack);
    TORCH_CHECK(static_cast<int32_t>(stack.size()) <= capacity, "too many results");
    for (size_t i = 0; i < stack.size(); ++i) {
      to_value(stack[i], &results[i]);
    }
    *result_count = static_cast<int32_t>(stack.size());
  });
}
