using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static partial class torch
{
    public sealed unsafe partial class Tensor
    {
        /// <summary>Magnitude.</summary>
        public Tensor abs() => Operator.Call("abs(self)", this);

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

        /// <summary>Square root.</summary>
        public Tensor sqrt() => Operator.Call("sqrt(self)", this);

        /// <summary>1 / square root.</summary>
        public Tensor rsqrt() => Operator.Call("rsqrt(self)", this);

        /// <summary>x squared.</summary>
        public Tensor square() => Operator.Call("square(self)", this);

        /// <summary>Sine, in place.</summary>
        public Tensor sin_() => Operator.CallInPlace("sin_(self)", this);

        /// <summary>Hyperbolic tangent.</summary>
        public Tensor tanh() => Operator.Call("tanh(self)", this);

        /// <summary>1 / (1 + e^-x).</summary>
        public Tensor sigmoid() => Operator.Call("sigmoid(self)", this);

        /// <summary>x * sigmoid(x).</summary>
        public Tensor silu() => Operator.Call("silu(self)", this);

        /// <summary>x * sigmoid(x), in place.</summary>
        public Tensor silu_() => Operator.CallInPlace("silu_(self)", this);

        /// <summary>Whether the element is zero.</summary>
        public Tensor logical_not() => Operator.Call("logical_not(self)", this);

        /// <summary>Gaussian error linear unit.</summary>
        public Tensor gelu() => Operator.Call("gelu(self)", this);

        /// <summary>Whether the element is finite.</summary>
        public Tensor isfinite() => Operator.Call("isfinite(self)", this);

        /// <summary>Sum.</summary>
        public Tensor add(Tensor target) => Operator.Call("add.Tensor(self, other)", this, target);

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

        /// <summary>Difference.</summary>
        public Tensor sub(Scalar scalar) => Operator.Call("sub.Scalar(self, other)", this, scalar);

        /// <summary>Difference, in place.</summary>
        public Tensor sub_(Tensor target) => Operator.CallInPlace("sub_.Tensor(self, other)", this, target);

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
        public Tensor div_(Scalar target) => Operator.CallInPlace("div_.Scalar(self, other)", this, target);

        /// <summary>Power.</summary>
        public Tensor pow(Scalar exponent) => Operator.Call("pow.Tensor_Scalar(self, exponent)", this, exponent);

        /// <summary>log(exp(a) + exp(b)), element by element.</summary>
        public Tensor logaddexp(Tensor other) => Operator.Call("logaddexp(self, other)", this, other);

        /// <summary>Limits the elements to a range.</summary>
        public Tensor clamp(Scalar? min = null, Scalar? max = null) =>
            Operator.Call("clamp(self, min, max)", this, min, max);

        /// <summary>this + value * tensor1 * tensor2, in place.</summary>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Operator.CallInPlace("addcmul_(self, tensor1, tensor2, value)", this, tensor1, tensor2, value);

        /// <summary>this + value * tensor1 / tensor2, in place.</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Operator.CallInPlace("addcdiv_(self, tensor1, tensor2, value)", this, tensor1, tensor2, value);

        /// <summary>this + weight * (end - this), in place.</summary>
        public Tensor lerp_(Tensor end, Scalar weight) =>
            Operator.CallInPlace("lerp_.Scalar(self, end, weight)", this, end, weight);

        /// <summary>Where the mask is true, the value.</summary>
        public Tensor masked_fill(Tensor mask, Scalar value) =>
            Operator.Call("masked_fill.Scalar(self, mask, value)", this, mask, value);

        /// <summary>Every element zero, in place.</summary>
        public Tensor zero_() => Operator.CallInPlace("zero_(self)", this);

        /// <summary>Whether equal.</summary>
        public Tensor eq(Tensor target) => Operator.Call("eq.Tensor(self, other)", this, target);

        /// <summary>Whether equal.</summary>
        public Tensor eq(Scalar target) => Operator.Call("eq.Scalar(self, other)", this, target);

        /// <summary>Whether different.</summary>
        public Tensor ne(Tensor target) => Operator.Call("ne.Tensor(self, other)", this, target);

        /// <summary>Whether less or equal.</summary>
        public Tensor le(Tensor target) => Operator.Call("le.Tensor(self, other)", this, target);

        /// <summary>Whether less or equal.</summary>
        public Tensor le(Scalar target) => Operator.Call("le.Scalar(self, other)", this, target);

        /// <summary>Whether greater.</summary>
        public Tensor gt(Tensor target) => Operator.Call("gt.Tensor(self, other)", this, target);

        /// <summary>Whether greater.</summary>
        public Tensor gt(Scalar target) => Operator.Call("gt.Scalar(self, other)", this, target);

        /// <summary>Whether greater or equal.</summary>
        public Tensor ge(Scalar target) => Operator.Call("ge.Scalar(self, other)", this, target);

        /// <summary>Either true.</summary>
        public Tensor logical_or(Tensor other) => Operator.Call("logical_or(self, other)", this, other);
    }
}
