using MultiTurnTrainer.Training.Processes;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Where a run computes and in which type.</summary>
/// <param name="Device">The device.</param>
/// <param name="Type">The compute type.</param>
internal sealed record RunPlace(Device Device, ScalarType Type)
{
    /// <summary>The device in words.</summary>
    public string DeviceText =>
        Device.type == DeviceType.CUDA ? $"{Device}" : $"cpu, {Counted.Of(torch.get_num_threads(), "thread")}";

    /// <summary>The type in words.</summary>
    public string TypeText => Type == ScalarType.BFloat16 ? "bfloat16" : "float32";

    /// <summary>Chooses, and sets the number of threads. The processes of a machine share its cores and devices.</summary>
    /// <exception cref="MttException">CUDA is wanted and not there.</exception>
    public static RunPlace Choose(TrainSettings settings, Ranks ranks)
    {
        torch.set_num_threads(settings.Threads ?? Math.Max(1, Environment.ProcessorCount / ranks.LocalWorld));
        Device device = ComputeDevice.Find(settings.Device);
        bool cuda = device.type == DeviceType.CUDA;
        bool narrow = settings.Dtype == TrainingDtype.Bfloat16 || (settings.Dtype == TrainingDtype.Auto && cuda);
        return new RunPlace(device, narrow ? ScalarType.BFloat16 : ScalarType.Float32);
    }
}
