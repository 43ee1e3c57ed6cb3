// Folder Optimization: from a gradient to an update of one flat buffer.
// Refuses to know: models, losses, which parameter is which.
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Optimization;

/// <summary>
/// AdamW (Loshchilov and Hutter, 2019) as PyTorch has it, over one flat float32 buffer: decay first, bias-corrected
/// moments, epsilon added after the root. Clipping by the norm of the whole gradient is part of the step.
/// </summary>
internal sealed class AdamW : IDisposable
{
    // As torch.nn.utils.clip_grad_norm_ has it.
    private const double ClipEpsilon = 1e-6;

    private readonly ParameterSet _parameters;
    private readonly TrainSettings _settings;

    /// <summary>Begins with zero moments.</summary>
    public AdamW(ParameterSet parameters, TrainSettings settings)
    {
        _parameters = parameters;
        _settings = settings;
        FirstMoment = zeros_like(parameters.Flat).DetachFromDisposeScope();
        SecondMoment = zeros_like(parameters.Flat).DetachFromDisposeScope();
    }

    /// <summary>The running mean of the gradient, as flat as the parameters.</summary>
    public Tensor FirstMoment { get; }

    /// <summary>The running mean of the squared gradient.</summary>
    public Tensor SecondMoment { get; }

    /// <summary>The L2 norm of the whole gradient.</summary>
    public double GradientNorm()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        return _parameters.Gradient.norm().item<float>();
    }

    /// <summary>Clips the gradient and updates the parameters.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="learningRate">This step's rate.</param>
    /// <param name="norm">The gradient's norm.</param>
    public void Step(int step, double learningRate, double norm)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor gradient = _parameters.Gradient;
        if (_settings.MaxGradNorm > 0)
        {
            double factor = _settings.MaxGradNorm / (norm + ClipEpsilon);
            if (factor < 1)
            {
                gradient.mul_(factor);
            }
        }

        (double beta1, double beta2) = (_settings.AdamBeta1, _settings.AdamBeta2);
        if (_settings.WeightDecay != 0)
        {
            _parameters.Flat.mul_(1 - (learningRate * _settings.WeightDecay));
        }

        FirstMoment.mul_(beta1).add_(gradient, alpha: 1 - beta1);
        SecondMoment.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
        Tensor root = SecondMoment.sqrt().div_(Math.Sqrt(1 - Math.Pow(beta2, step))).add_(_settings.AdamEpsilon);
        _parameters.Flat.addcdiv_(FirstMoment, root, -learningRate / (1 - Math.Pow(beta1, step)));
    }

    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
