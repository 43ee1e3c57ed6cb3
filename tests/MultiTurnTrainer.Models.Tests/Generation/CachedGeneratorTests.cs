using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Generation;
using static TorchSharp.torch;
using Generator = MultiTurnTrainer.Models.Generation.Generator;

namespace MultiTurnTrainer.Models.Tests.Generation;

/// <summary>What was read before is not read again, and the answer is the same.</summary>
public class CachedGeneratorTests
{
    private const long Plenty = 1L << 30;

    public static TheoryData<string, bool> Families =>
        [.. ModelConfigReader.Families.SelectMany(family => new[] { (family, false), (family, true) })];

    [Theory]
    [MemberData(nameof(Families))]
    public void Resume_OfRowsReadBefore_GivesTheLogitsOfTheWhole(string family, bool onCpuDecoder)
    {
        using TempFolder folder = new();
        TestModels.Write(folder.Path, family);
        using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);
        if (onCpuDecoder && !CpuDecoder.Takes(model))
        {
            return;
        }

        int[] first = [5, 9, 17, 20, 3, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50];
        int[] second = [8, 7, 6, 5, 4, 3];
        int[] third = [11, 12, 13, 14, 15, 16, 17, 18, 19];
        IDecoder New() => onCpuDecoder ? new CpuDecoder(model, null, 3) : new TensorDecoder(model, null, 8);
        using IDisposable quiet = no_grad();
        using IDecoder whole = New();
        using IDecoder parts = New();

        // A row alone, twice: the one it has goes on.
        int cut = model.Config.IsRecurrent ? 7 : 5;
        parts.Read([first[..7]]);
        ISequenceCache row = parts.Detach(0);
        row.Truncate(cut);
        parts.Resume([row], [first[cut..9]]);
        Near(whole.Read([first]), parts.Resume([parts.Detach(0)], [first[9..]]));
        Near(whole.Step([7]), parts.Step([7]));

        // Several rows, read before to different lengths, or not at all.
        parts.Read([first[..7], third[..3]]);
        ISequenceCache[] rows = [parts.Detach(0), parts.Detach(1)];
        rows[0].Truncate(cut);
        Near(
            whole.Read([first, second, third]),
            parts.Resume([rows[0], null, rows[1]], [first[cut..], second, third[3..]])
        );
        Near(whole.Step([7, 8, 9]), parts.Step([7, 8, 9]));
        whole.Keep([0, 2]);
        parts.Keep([0, 2]);
        Near(whole.Step([1, 2]), parts.Step([1, 2]));
    }

    [Theory]
    [InlineData(Plenty, 6)]
    [InlineData(0, 60)]
    public void Generate_TurnsOfDialoguesInBatches_ReadsOnlyWhatIsNewAndAnswersAlike(long memory, int atLeastRead)
    {
        using TempFolder folder = new();
        TestModels.Write(folder.Path, "qwen3");
        using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);
        using PromptCache cache = new(memory);
        Generator cached = new(model);
        Generator plain = new(model);
        GenerationOptions options = new()
        {
            MaxNewTokens = 6,
            Temperature = 0.8,
            Seed = 3,
            BatchSize = 2,
        };
        List<int>[] dialogues =
        [
            [5, 9, 17],
            [3, 40, 41, 42, 43],
            [8, 7],
        ];
        string[] keys = ["a", "b", "c"];
        long read = 0;
        for (int turn = 0; turn < 5; turn++)
        {
            int[][] prompts = [.. dialogues.Select(dialogue => dialogue.ToArray())];
            long before = cached.Speed.PromptTokens;
            IReadOnlyList<Completion> replies = cached.Generate(prompts, options, cache: cache, keys: keys);
            read = cached.Speed.PromptTokens - before;
            IReadOnlyList<Completion> expected = plain.Generate(prompts, options);
            Assert.Equal(expected.Select(reply => reply.Ids), replies.Select(reply => reply.Ids));
            for (int i = 0; i < dialogues.Length; i++)
            {
                dialogues[i].AddRange([.. replies[i].Ids, 20 + turn]);
            }
        }

        // Of each dialogue the last token of the reply, which was chosen and not read, and the next turn's.
        Assert.InRange(read, atLeastRead, memory == 0 ? long.MaxValue : atLeastRead);
    }

    [Fact]
    public void Generate_WhatDoesNotFitIntoMemory_IsReadAgain()
    {
        using TempFolder folder = new();
        TestModels.Write(folder.Path, "qwen3");
        using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);
        Generator generator = new(model);
        GenerationOptions options = new() { MaxNewTokens = 2 };
        using PromptCache measured = new(Plenty);
        generator.Generate(
            [
                [1, 2, 3],
            ],
            options,
            cache: measured,
            keys: ["a"]
        );

        using PromptCache two = new(2 * measured.Bytes);
        generator.Generate(
            [
                [1, 2, 3],
                [4, 5, 6],
                [7, 8, 9],
            ],
            options,
            cache: two,
            keys: ["a", "b", "c"]
        );
        Assert.Equal(2 * measured.Bytes, two.Bytes);
        generator.Generate(
            [
                [7, 8, 9],
            ],
            options,
            cache: two,
            keys: ["c"]
        );
        Assert.Equal(2 * measured.Bytes, two.Bytes);
        long before = generator.Speed.PromptTokens;
        generator.Generate(
            [
                [7, 8, 9, 1],
            ],
            options,
            cache: two,
            keys: ["c"]
        );
        Assert.InRange(generator.Speed.PromptTokens - before, 1, 3);
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
