using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>Seeds the generators of every device.</summary>
    public static Generator manual_seed(long seed)
    {
        NativeApi.EnsureLoaded();
        NativeApi.Check(NativeApi.ManualSeed(unchecked((ulong)seed)), "manual_seed");
        return Generator.Default;
    }

    /// <summary>A source of random numbers: the default one of a device.</summary>
    public sealed class Generator
    {
        private readonly Device _device;

        private Generator(Device device) => _device = device;

        /// <summary>The processor's default generator.</summary>
        public static Generator Default { get; } = new(CPU);

        /// <summary>The state, as bytes in the processor's memory.</summary>
        public Tensor get_state()
        {
            NativeApi.EnsureLoaded();
            nint state;
            NativeApi.Check(NativeApi.RngState(_device.Packed, &state), "get_state");
            return Tensor.Own(state);
        }

        /// <summary>Goes on from a state.</summary>
        public void set_state(Tensor value) =>
            NativeApi.Check(NativeApi.SetRngState(_device.Packed, value.Handle), "set_state");
    }
}
