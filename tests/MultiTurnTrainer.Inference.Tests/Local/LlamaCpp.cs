using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using LLama;
using LLama.Common;
using LLama.Native;

namespace MultiTurnTrainer.Inference.Tests.Local;

/// <summary>llama.cpp with a GGUF file: what it makes of texts and tokens. Keys and values in single precision, so that only the file's type rounds.</summary>
internal sealed class LlamaCpp : IDisposable
{
    private readonly LLamaWeights _weights;
    private readonly LLamaContext _context;

    static LlamaCpp()
    {
        NativeLogConfig.LLamaLogCallback quiet = (_, _) => { };
        NativeLibraryConfig.All.WithAvx(AvxLevel.Avx2).WithLogCallback(quiet);
    }

    /// <param name="file">A model.</param>
    /// <param name="adapter">An adapter's file laid over it; null for the model alone.</param>
    public LlamaCpp(string file, string? adapter = null)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && Avx2.IsSupported,
            "llama.cpp's library is there for Linux on x64 with AVX2"
        );
        ModelParams options = new(file)
        {
            ContextSize = 512,
            GpuLayerCount = 0,
            TypeK = GGMLType.GGML_TYPE_F32,
            TypeV = GGMLType.GGML_TYPE_F32,
            FlashAttention = false,
            Threads = 2,
            BatchThreads = 2,
        };
        _weights = LLamaWeights.LoadFromFile(options);
        _context = _weights.CreateContext(options);
        if (adapter is not null)
        {
            _context.NativeHandle.SetLoraAdapters([(_weights.NativeHandle.LoadLoraFromFile(adapter), 1f)]);
        }
    }

    /// <summary>The ids of a text; special tokens in it are read as such.</summary>
    public int[] Tokenize(string text, bool addSpecial) =>
        [.. _context.Tokenize(text, addSpecial, special: true).Select(token => (int)token)];

    /// <summary>The logits after every token, [tokens · vocabulary].</summary>
    public float[] Logits(int[] ids)
    {
        _context.NativeHandle.MemoryClear();
        LLamaBatch batch = Read(ids, 0, allLogits: true);
        return
        [
            .. Enumerable.Range(0, batch.TokenCount).SelectMany(i => _context.NativeHandle.GetLogitsIth(i).ToArray()),
        ];
    }

    /// <summary>Continues a prompt by the likeliest tokens, up to a stop token, which is kept.</summary>
    public int[] Continue(int[] prompt, int most, int stop)
    {
        _context.NativeHandle.MemoryClear();
        List<int> added = [];
        int[] next = prompt;
        int read = 0;
        while (added.Count < most && (added.Count == 0 || added[^1] != stop))
        {
            Read(next, read, allLogits: false);
            read += next.Length;
            ReadOnlySpan<float> logits = _context.NativeHandle.GetLogitsIth(-1);
            int best = 0;
            for (int id = 1; id < logits.Length; id++)
            {
                best = logits[id] > logits[best] ? id : best;
            }

            added.Add(best);
            next = [best];
        }

        return [.. added];
    }

    public void Dispose()
    {
        _context.Dispose();
        _weights.Dispose();
    }

    private LLamaBatch Read(int[] ids, int position, bool allLogits)
    {
        LLamaBatch batch = new();
        for (int i = 0; i < ids.Length; i++)
        {
            batch.Add(ids[i], position + i, LLamaSeqId.Zero, allLogits || i == ids.Length - 1);
        }

        Assert.Equal(DecodeResult.Ok, _context.Decode(batch));
        return batch;
    }
}
