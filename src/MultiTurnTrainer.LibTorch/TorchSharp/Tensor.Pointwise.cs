using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static partial class torch
{
    public sealed unsafe partial class Tensor
    {
        /// <summary>Magnitude.</summary>
        public Tensor abs() => Operator.Call("abs(self)", this);

        /// <summary>Magnitude, in place.</summary>
        public Tensor abs_() => Operator.CallInPlace("abs_(self)", this);

        /// <summary>Negation.</summary>
        public Tensor neg() => Operator.Call("neg(self)", this);

        /// <summary>Negation, in place.</summary>
        public Tensor neg_() => Operator.CallInPlace("neg_(self)", this);

        /// <summary>Exponential.</summary>
        public Tensor exp() => Operator.Call("exp(self)", this);

        /// <summary>Exponential, in place.</summary>
        public Tensor exp_() => Operator.CallInPlace("exp_(self)", this);

        /// <summary>Natural logarithm.</summary>
        public Tensor log() => Operator.Call("log(self)", this);

        /// <summary>Natural logarithm, in place.</summary>
        public Tensor log_() => Operator.CallInPlace("log_(self)", this);

        /// <summary>ln(1 + x), exact near zero.</summary>
        public Tensor log1p() => Operator.Call("log1p(self)", this);

        /// <summary>ln(1 + x), exact near zero, in place.</summary>
        public Tensor log1p_() => Operator.CallInPlace("log1p_(self)", this);

        /// <summary>exp(x) - 1, exact near zero.</summary>
        public Tensor expm1() => Operator.Call("expm1(self)", this);

        /// <summary>exp(x) - 1, exact near zero, in place.</summary>
        public Tensor expm1_() => Operator.CallInPlace("expm1_(self)", this);

        /// <summary>Square root.</summary>
        public Tensor sqrt() => Operator.Call("sqrt(self)", this);

        /// <summary>Square root, in place.</summary>
        public Tensor sqrt_() => Operator.CallInPlace("sqrt_(self)", this);

        /// <summary>1 / square root.</summary>
        public Tensor rsqrt() => Operator.Call("rsqrt(self)", this);

        /// <summary>1 / square root, in place.</summary>
        public Tensor rsqrt_() => Operator.CallInPlace("rsqrt_(self)", this);

        /// <summary>1 / x.</summary>
        public Tensor reciprocal() => Operator.Call("reciprocal(self)", this);

        /// <summary>1 / x, in place.</summary>
        public Tensor reciprocal_() => Operator.CallInPlace("reciprocal_(self)", this);

        /// <summary>x squared.</summary>
        public Tensor square() => Operator.Call("square(self)", this);

        /// <summary>x squared, in place.</summary>
        public Tensor square_() => Operator.CallInPlace("square_(self)", this);

        /// <summary>Sine.</summary>
        public Tensor sin() => Operator.Call("sin(self)", this);

        /// <summary>Sine, in place.</summary>
        public Tensor sin_() => Operator.CallInPlace("sin_(self)", this);

        /// <summary>Cosine.</summary>
        public Tensor cos() => Operator.Call("cos(self)", this);

        /// <summary>Cosine, in place.</summary>
        public Tensor cos_() => Operator.CallInPlace("cos_(self)", this);

        /// <summary>Hyperbolic tangent.</summary>
        public Tensor tanh() => Operator.Call("tanh(self)", this);

        /// <summary>Hyperbolic tangent, in place.</summary>
        public Tensor tanh_() => Operator.CallInPlace("tanh_(self)", this);

        /// <summary>1 / (1 + exp(-x)).</summary>
        public Tensor sigmoid() => Operator.Call("sigmoid(self)", this);

        /// <summary>1 / (1 + exp(-x)), in place.</summary>
        public Tensor sigmoid_() => Operator.CallInPlace("sigmoid_(self)", this);

        /// <summary>max(x, 0).</summary>
        public Tensor relu() => Operator.Call("relu(self)", this);

        /// <summary>max(x, 0), in place.</summary>
        public Tensor relu_() => Operator.CallInPlace("relu_(self)", this);

        /// <summary>x * sigmoid(x).</summary>
        public Tensor silu() => Operator.Call("silu(self)", this);

        /// <summary>x * sigmoid(x), in place.</summary>
        public Tensor silu_() => Operator.CallInPlace("silu_(self)", this);

        /// <summary>Next whole number below.</summary>
        public Tensor floor() => Operator.Call("floor(self)", this);

        /// <summary>Next whole number below, in place.</summary>
        public Tensor floor_() => Operator.CallInPlace("floor_(self)", this);

        /// <summary>Next whole number above.</summary>
        public Tensor ceil() => Operator.Call("ceil(self)", this);

        /// <summary>Next whole number above, in place.</summary>
        public Tensor ceil_() => Operator.CallInPlace("ceil_(self)", this);

        /// <summary>Nearest whole number, ties to even.</summary>
        public Tensor round() => Operator.Call("round(self)", this);

        /// <summary>Nearest whole number, ties to even, in place.</summary>
        public Tensor round_() => Operator.CallInPlace("round_(self)", this);

        /// <summary>-1, 0 or 1.</summary>
        public Tensor sign() => Operator.Call("sign(self)", this);

        /// <summary>-1, 0 or 1, in place.</summary>
        public Tensor sign_() => Operator.CallInPlace("sign_(self)", this);

        /// <summary>Error function.</summary>
        public Tensor erf() => Operator.Call("erf(self)", this);

        /// <summary>Error function, in place.</summary>
        public Tensor erf_() => Operator.CallInPlace("erf_(self)", this);

        /// <summary>Whether the element is zero.</summary>
        public Tensor logical_not() => Operator.Call("logical_not(self)", this);

        /// <summary>Whether the element is zero, in place.</summary>
        public Tensor logical_not_() => Operator.CallInPlace("logical_not_(self)", this);

        /// <summary>Gaussian error linear unit.</summary>
        public Tensor gelu() => Operator.Call("gelu(self)", this);

        /// <summary>Whether the element is not a number.</summary>
        public Tensor isnan() => Operator.Call("isnan(self)", this);

        /// <summary>Whether the element is infinite.</summary>
        public Tensor isinf() => Operator.Call("isinf(self)", this);

        /// <summary>Whether the element is finite.</summary>
        public Tensor isfinite() => Operator.Call("isfinite(self)", this);

        /// <summary>Sum.</summary>
        public Tensor add(Tensor target) => Operator.Call("add.Tensor(self, other)", this, target);

        /// <summary>Sum with alpha times the other.</summary>
        public Tensor add(Tensor target, Scalar alpha) =>
            Operator.Call("add.Tensor(self, other, alpha)", this, target, alpha);

        /// <summary>Sum.</summary>
        public Tensor add(Scalar scalar) => Operator.Call("add.Scalar(self, other)", this, scalar);

        /// <summary>Sum, in place.</summary>
        public Tensor add_(Tensor target) => Operator.CallInPlace("add_.Tensor(self, other)", this, target);

        /// <summary>Sum with alpha times the other, in place.</summary>
        public Tensor add_(Tensor target, Scalar alpha) =>
            Operator.CallInPlace("add_.Tensor(self, other, alpha)", this, target, alpha);

        /// <summary>Sum, in place.</summary>
        public Tensor add_(Scalar scalar) => Operator.CallInPlace("add_.Scalar(self, other)", this, scalar);

        /// <summary>Difference.</summary>
        public Tensor sub(Tensor target) => Operator.Call("sub.Tensor(self, other)", this, target);

        /// <summary>Difference with alpha times the other.</summary>
        public Tensor sub(Tensor target, Scalar alpha) =>
            Operator.Call("sub.Tensor(self, other, alpha)", this, target, alpha);

        /// <summary>Difference.</summary>
        public Tensor sub(Scalar scalar) => Operator.Call("sub.Scalar(self, other)", this, scalar);

        /// <summary>Difference, in place.</summary>
        public Tensor sub_(Tensor target) => Operator.CallInPlace("sub_.Tensor(self, other)", this, target);

        /// <summary>Difference with alpha times the other, in place.</summary>
        public Tensor sub_(Tensor target, Scalar alpha) =>
            Operator.CallInPlace("sub_.Tensor(self, other, alpha)", this, target, alpha);

        /// <summary>Difference, in place.</summary>
        public Tensor sub_(Scalar scalar) => Operator.CallInPlace("sub_.Scalar(self, other)", this, scalar);

        /// <summary>Product.</summary>
        public Tensor mul(Tensor target) => Operator.Call("mul.Tensor(self, other)", this, target);

        /// <summary>Product.</summary>
        public Tensor mul(Scalar target) => Operator.Call("mul.Scalar(self, other)", this, target);

        /// <summary>Product, in place.</summary>
        public Tensor mul_(Tensor target) => Operator.CallInPlace("mul_.Tensor(self, other)", this, target);

        /// <summary>Product, in place.</summary>
        public Tensor mul_(Scalar target) => Operator.CallInPlace("mul_.Scalar(self, other)", this, target);

        /// <summary>Quotient.</summary>
        public Tensor div(Tensor target) => Operator.Call("div.Tensor(self, other)", this, target);

        /// <summary>Quotient.</summary>
        public Tensor div(Scalar target) => Operator.Call("div.Scalar(self, other)", this, target);

        /// <summary>Quotient, in place.</summary>
        public Tensor div_(Tensor target) => Operator.CallInPlace("div_.Tensor(self, other)", this, target);

        /// <summary>Quotient, in place.</summary>
        public Tensor div_(Scalar target) => Operator.CallInPlace("div_.Scalar(self, other)", this, target);

        /// <summary>Power.</summary>
        public Tensor pow(Scalar exponent) => Operator.Call("pow.Tensor_Scalar(self, exponent)", this, exponent);

        /// <summary>Power.</summary>
        public Tensor pow(Tensor exponent) => Operator.Call("pow.Tensor_Tensor(self, exponent)", this, exponent);

        /// <summary>Remainder with the divisor's sign.</summary>
        public Tensor remainder(Scalar other) => Operator.Call("remainder.Scalar(self, other)", this, other);

        /// <summary>log(exp(a) + exp(b)), element by element.</summary>
        public Tensor logaddexp(Tensor other) => Operator.Call("logaddexp(self, other)", this, other);

        /// <summary>The greater of two, element by element.</summary>
        public Tensor maximum(Tensor other) => Operator.Call("maximum(self, other)", this, other);

        /// <summary>The lesser of two, element by element.</summary>
        public Tensor minimum(Tensor other) => Operator.Call("minimum(self, other)", this, other);

        /// <summary>Limits the elements to a range.</summary>
        public Tensor clamp(Scalar? min = null, Scalar? max = null) =>
            Operator.Call("clamp(self, min, max)", this, min, max);

        /// <summary>Limits the elements to a range, in place.</summary>
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) =>
            Operator.CallInPlace("clamp_(self, min, max)", this, min, max);

        /// <summary>this + value * tensor1 * tensor2, in place.</summary>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Operator.CallInPlace("addcmul_(self, tensor1, tensor2, value)", this, tensor1, tensor2, value);

        /// <summary>this + value * tensor1 / tensor2, in place.</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Operator.CallInPlace("addcdiv_(self, tensor1, tensor2, value)", this, tensor1, tensor2, value);

        /// <summary>this + weight * (end - this).</summary>
        public Tensor lerp(Tensor end, Scalar weight) =>
            Operator.Call("lerp.Scalar(self, end, weight)", this, end, weight);

        /// <summary>this + weight * (end - this), in place.</summary>
        public Tensor lerp_(Tensor end, Scalar weight) =>
            Operator.CallInPlace("lerp_.Scalar(self, end, weight)", this, end, weight);

        /// <summary>Where the mask is true, the value.</summary>
        public Tensor masked_fill(Tensor mask, Scalar value) =>
            Operator.Call("masked_fill.Scalar(self, mask, value)", this, mask, value);

        /// <summary>Where the mask is true, the value, in place.</summary>
        public Tensor masked_fill_(Tensor mask, Scalar value) =>
            Operator.CallInPlace("masked_fill_.Scalar(self, mask, value)", this, mask, value);

        /// <summary>This where the condition is true, else the other.</summary>
        public Tensor where(Tensor condition, Tensor y) =>
            Operator.Call("where.self(condition, self, other)", condition, this, y);

        /// <summary>Every element zero, in place.</summary>
        public Tensor zero_() => Operator.CallInPlace("zero_(self)", this);

        /// <summary>Every element the value, in place.</summary>
        public Tensor fill_(Scalar value) => Operator.CallInPlace("fill_.Scalar(self, value)", this, value);

        /// <summary>Whether equal.</summary>
        public Tensor eq(Tensor target) => Operator.Call("eq.Tensor(self, other)", this, target);

        /// <summary>Whether equal.</summary>
        public Tensor eq(Scalar target) => Operator.Call("eq.Scalar(self, other)", this, target);

        /// <summary>Whether different.</summary>
        public Tensor ne(Tensor target) => Operator.Call("ne.Tensor(self, other)", this, target);

        /// <summary>Whether different.</summary>
        public Tensor ne(Scalar target) => Operator.Call("ne.Scalar(self, other)", this, target);

        /// <summary>Whether less.</summary>
        public Tensor lt(Tensor target) => Operator.Call("lt.Tensor(self, other)", this, target);

        /// <summary>Whether less.</summary>
        public Tensor lt(Scalar target) => Operator.Call("lt.Scalar(self, other)", this, target);

        /// <summary>Whether less or equal.</summary>
        public Tensor le(Tensor target) => Operator.Call("le.Tensor(self, other)", this, target);

        /// <summary>Whether less or equal.</summary>
        public Tensor le(Scalar target) => Operator.Call("le.Scalar(self, other)", this, target);

        /// <summary>Whether greater.</summary>
        public Tensor gt(Tensor target) => Operator.Call("gt.Tensor(self, other)", this, target);

        /// <summary>Whether greater.</summary>
        public Tensor gt(Scalar target) => Operator.Call("gt.Scalar(self, other)", this, target);

        /// <summary>Whether greater or equal.</summary>
        public Tensor ge(Tensor target) => Operator.Call("ge.Tensor(self, other)", this, target);

        /// <summary>Whether greater or equal.</summary>
        public Tensor ge(Scalar target) => Operator.Call("ge.Scalar(self, other)", this, target);

        /// <summary>Both true.</summary>
        public Tensor logical_and(Tensor other) => Operator.Call("logical_and(self, other)", this, other);

        /// <summary>Either true.</summary>
        public Tensor logical_or(Tensor other) => Operator.Call("logical_or(self, other)", this, other);

        /// <summary>One of both true.</summary>
        public Tensor logical_xor(Tensor other) => Operator.Call("logical_xor(self, other)", this, other);
    }
}
