using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Generation;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Generation;

/// <summary>What was read before is not read again, and the answer is the same.</summary>
public class CachedGeneratorTests
{
    private const long Plenty = 1L << 30;

    public static TheoryData<string, bool> Families =>
        [.. ModelConfigReader.Families.SelectMany(family => new[] { (family, false), (family, true) })];

    [Theory]
    [MemberData(nameof(Families))]
    public void Extend_AfterABeginning_GivesTheLogitsOfTheWhole(string family, bool onCpuDecoder)
    {
        using TempFolder folder = new();
        TestModels.Write(folder.Path, family);
        using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);
        if (onCpuDecoder && !CpuDecoder.Takes(model))
        {
            return;
        }

        int[] tokens = [5, 9, 17, 20, 3, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50];
        IDecoder New() => onCpuDecoder ? new CpuDecoder(model, null, 1) : new TensorDecoder(model, null, 8);
        using IDisposable quiet = no_grad();
        using IDecoder whole = New();
        using IDecoder parts = New();

        float[] expected = whole.Read([tokens]);
        parts.Read([tokens[..7]]);
        ISequenceCache row = parts.Detach();
        row.Truncate(5);
        parts.Attach(row);
        parts.Extend(tokens[5..9]);
        float[] actual = parts.Extend(tokens[9..]);

        Near(expected, actual);
        Near(whole.Step([7]), parts.Step([7]));
    }

    [Fact]
    public void Generate_TwentyTurnsOfASession_ReadsOnlyWhatIsNewAndAnswersAlike()
    {
        using TempFolder folder = new();
        TestModels.Write(folder.Path, "qwen3");
        using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);
        using CachedGenerator cached = new(model, null, Plenty);
        using CachedGenerator plain = new(model, null, 0);
        GenerationOptions options = new()
        {
            MaxNewTokens = 6,
            Temperature = 0.8,
            Seed = 3,
        };
        List<int> record = [];
        for (int turn = 0; turn < 20; turn++)
        {
            record.AddRange(Enumerable.Range(0, 9).Select(i => 3 + (((turn * 7) + (i * 5)) % 50)));

            int[] answer = [.. cached.Generate("session", [.. record], options)];

            Assert.Equal(plain.Generate("session", [.. record], options), answer);
            Assert.Equal(turn == 0 ? record.Count : 10, cached.Reuse.Read);
            Assert.Equal(0, plain.Reuse.Reused);
            record.AddRange(answer);
        }
    }

    [Fact]
    public void Generate_OfAnotherKeyOrAfterForgetting_ReusesNothing()
    {
        using TempFolder folder = new();
        TestModels.Write(folder.Path, "llama");
        using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);
        using CachedGenerator cached = new(model, null, Plenty);
        GenerationOptions options = new() { MaxNewTokens = 2 };
        int[] prompt = [5, 9, 17, 20];

        foreach ((string? key, int reused) in new[] { ("a", 0), ("b", 0), (null, 0), ("a", 3), ("b", 3) })
        {
            _ = cached.Generate(key, prompt, options).ToArray();
            Assert.Equal(reused, cached.Reuse.Reused);
        }

        cached.Forget("a");
        _ = cached.Generate("a", prompt, options).ToArray();
        Assert.Equal(0, cached.Reuse.Reused);
    }

    [Fact]
    public void Generate_ManySessions_StaysWithinTheMemoryAndForgetsTheOldest()
    {
        using TempFolder folder = new();
        TestModels.Write(folder.Path, "llama");
        using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);
        GenerationOptions options = new() { MaxNewTokens = 2 };
        int[] prompt = [5, 9, 17, 20];
        using CachedGenerator first = new(model, null, Plenty);
        _ = first.Generate("0", prompt, options).ToArray();
        long one = first.Bytes;
        using CachedGenerator cached = new(model, null, 3 * one);

        for (int session = 0; session < 8; session++)
        {
            _ = cached.Generate($"{session}", prompt, options).ToArray();
            Assert.InRange(cached.Bytes, one, 3 * one);
        }

        _ = cached.Generate("7", prompt, options).ToArray();
        Assert.Equal(3, cached.Reuse.Reused);
        _ = cached.Generate("0", prompt, options).ToArray();
        Assert.Equal(0, cached.Reuse.Reused);
    }

    private static void Near(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.InRange(actual[i], expected[i] - 1e-4, expected[i] + 1e-4);
        }
    }
}
