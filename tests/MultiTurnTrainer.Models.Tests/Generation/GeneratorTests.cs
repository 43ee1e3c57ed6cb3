using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Lora;
using TorchSharp;
using static TorchSharp.torch;
using Generator = MultiTurnTrainer.Models.Generation.Generator;

namespace MultiTurnTrainer.Models.Tests.Generation;

public class GeneratorTests
{
    private static readonly int[][] _prompts =
    [
        [5, 9, 17],
        [3],
        [40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50],
        [7, 7],
    ];

    private static readonly GenerationOptions _sampled = new()
    {
        MaxNewTokens = 30,
        Temperature = 0.9,
        TopK = 40,
        TopP = 0.95,
        Seed = 11,
        StopTokens = [2, 13],
    };

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("gemma2")]
    public void Generate_Sampled_DoesNotDependOnTheBatch(string name)
    {
        using CausalLM model = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        Generator generator = new(model);

        IReadOnlyList<Completion> together = generator.Generate(_prompts, _sampled with { BatchSize = 4 });
        IReadOnlyList<Completion> alone = generator.Generate(_prompts, _sampled with { BatchSize = 1 });
        IReadOnlyList<Completion> other = generator.Generate(_prompts, _sampled with { Seed = 12 });

        Assert.Equal(together.Select(row => row.Ids), alone.Select(row => row.Ids));
        Assert.NotEqual(together.Select(row => row.Ids), other.Select(row => row.Ids));
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    public void Generate_OptionsOfTheirOwn_DrawAsTheyWouldAlone(string name)
    {
        using CausalLM model = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        Generator generator = new(model);
        (int[], GenerationOptions)[] rows =
        [
            (_prompts[0], _sampled with { Seed = 3, MaxNewTokens = 5 }),
            (_prompts[1], _sampled with { Temperature = 0 }),
            (_prompts[2], _sampled with { TopP = 0.5 }),
        ];
        IReadOnlyList<Completion> together = generator.Generate(rows);
        Assert.All(
            rows.Zip(together),
            pair => Assert.Equal(generator.Generate([pair.First.Item1], pair.First.Item2)[0].Ids, pair.Second.Ids)
        );
    }

    [Fact]
    public void Generate_MaxLength_EndsEachRowAtItsOwnLimit()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("llama"), ScalarType.Float32, CPU);
        GenerationOptions options = _sampled with { StopTokens = [], BatchSize = 4 };
        IReadOnlyList<Completion> free = new Generator(model).Generate(_prompts, options);
        IReadOnlyList<Completion> bound = new Generator(model).Generate(_prompts, options with { MaxLength = 11 });
        Assert.Equal([8, 10, 0, 9], bound.Select(row => row.Ids.Length));
        Assert.All(free.Zip(bound), pair => Assert.Equal(pair.First.Ids[..pair.Second.Ids.Length], pair.Second.Ids));
        Assert.All(bound, row => Assert.Equal(FinishReason.Length, row.FinishReason));
    }

    [Fact]
    public void Generate_LogProbs_AreThoseOfScoring()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("qwen3"), ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Golden.Adapter("qwen3"));

        IReadOnlyList<Completion> rows = new Generator(model).Generate(_prompts, _sampled, adapter);

        for (int i = 0; i < rows.Count; i++)
        {
            Score score = new Scorer(model, adapter).Run([.. _prompts[i], .. rows[i].Ids], [], null);
            float[] wanted = score.LogProbs[_prompts[i].Length..];
            Assert.InRange(Golden.LargestDifference(rows[i].LogProbs, wanted), 0, 2e-5);
        }
    }

    [Fact]
    public void Generate_PastALengthDependentLimit_EqualsRecomputingEverything()
    {
        foreach (string scaling in (string[])[Dynamic, LongRope])
        {
            using TempFolder folder = new();
            TestModels.Write(folder.Path, "llama", $$"""{"max_position_embeddings":16,"rope_scaling":{{scaling}}}""");
            using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);
            GenerationOptions options = new() { MaxNewTokens = 24, BatchSize = 4 };

            IReadOnlyList<Completion> cached = new Generator(model).Generate(_prompts, options);

            for (int i = 0; i < _prompts.Length; i++)
            {
                List<int> ids = [.. _prompts[i]];
                for (int step = 0; step < 24; step++)
                {
                    Completion next = new Generator(model).Generate(
                        [
                            [.. ids],
                        ],
                        options with
                        {
                            MaxNewTokens = 1,
                        }
                    )[0];
                    ids.Add(next.Ids[0]);
                }

                Assert.Equal(ids[_prompts[i].Length..], cached[i].Ids);
            }
        }
    }

    [Fact]
    public void Generate_BeyondTheFirstCacheBlock_GoesOn()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("llama-yarn-rope"), ScalarType.Float32, CPU);
        GenerationOptions options = new() { MaxNewTokens = 300 };

        int[] ids = new Generator(model)
            .Generate(
                [
                    [1, 5],
                ],
                options
            )[0]
            .Ids;
        Completion last = new Generator(model).Generate(
            [
                [1, 5, .. ids[..^1]],
            ],
            options with
            {
                MaxNewTokens = 1,
            }
        )[0];

        Assert.Equal(300, ids.Length);
        Assert.Equal(ids[^1], last.Ids[0]);
    }

    [Fact]
    public void Generate_EmptyOrForeignPrompt_IsRefused()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("llama"), ScalarType.Float32, CPU);
        Generator generator = new(model);

        Assert.Contains(
            "prompt 1 is empty",
            Assert
                .Throws<MttException>(() =>
                    generator.Generate(
                        [
                            [1],
                            [],
                        ],
                        new()
                    )
                )
                .Message
        );
        Assert.Contains(
            "id 200",
            Assert
                .Throws<MttException>(() =>
                    generator.Generate(
                        [
                            [1, 200],
                        ],
                        new()
                    )
                )
                .Message
        );
    }

    [Fact]
    public void Generate_NoNewTokens_GivesNone()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("llama"), ScalarType.Float32, CPU);

        Assert.Empty(
            new Generator(model)
                .Generate(
                    [
                        [1],
                    ],
                    new() { MaxNewTokens = 0 }
                )[0]
                .Ids
        );
    }

    private const string Dynamic = """{"rope_type":"dynamic","factor":2.0}""";

    private const string LongRope = """
        {"rope_type":"longrope","factor":4.0,"original_max_position_embeddings":16,
         "short_factor":[1,1,1.1,1.1,1.2,1.2,1.3,1.3],"long_factor":[1,2,3,4,5,6,7,8]}
        """;
}
