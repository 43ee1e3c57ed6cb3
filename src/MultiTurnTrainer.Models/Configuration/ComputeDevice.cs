namespace MultiTurnTrainer.Models.Configuration;

/// <summary>A device by the name that people give it.</summary>
public static class ComputeDevice
{
    /// <summary>What names are: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public const string Names = "auto|cpu|cuda(:[0-9]{1,2})?";

    /// <summary>The device; CUDA where there is one, else the CPU, when it is not named.</summary>
    /// <param name="name">One of <see cref="Names"/>; null is <c>auto</c>.</param>
    /// <exception cref="MttException">It is no name of a device, or this machine has no such device.</exception>
    public static torch.Device Find(string? name)
    {
        int devices = name == "cpu" ? 0 : torch.cuda.device_count();
        switch (name)
        {
            case null or "auto":
                return devices > 0 ? torch.CUDA : torch.CPU;
            case "cpu":
                return torch.CPU;
            case "cuda" when devices > 0:
                return torch.CUDA;
        }

        string[] parts = name.Split(':');
        bool isOne = parts[0] == "cuda" && parts.Length <= 2;
        int index = 0;
        if (
            !isOne
            || (
                parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index)
            )
        )
        {
            throw new MttException($"the device {name} is not known", "Give cpu, cuda, or cuda:N with N from 0.");
        }

        if (index >= devices)
        {
            throw new MttException(
                $"the device {name} is not there: libtorch can use {Counted.Of(devices, "CUDA device")}",
                "See mtt doctor, or use --device cpu."
            );
        }

        // Kernels and allocations without a device of their own go to the current one.
        TorchRuntime.SetCudaDevice(index);
        return new torch.Device(DeviceType.CUDA, index);
    }
}
