using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Lora;

/// <summary>Adapters combined by weights, against what PEFT makes of them.</summary>
public class AdapterCombinationTests(ITestOutputHelper output)
{
    public static TheoryData<string> Exact =>
        [
            "cat",
            "cat_negative",
            "linear",
            "linear_negative",
            "linear_other_targets",
            "linear_sum_over_one",
            "magnitude_prune",
            "magnitude_prune_svd",
            "svd",
            "svd_clamp",
            "svd_default_rank",
            "ties",
            "ties_frequency",
            "ties_svd",
        ];

    [Theory]
    [MemberData(nameof(Exact))]
    public void Run_AsPeft_GivesItsChangesAndLogits(string name)
    {
        using TempFolder folder = new();
        JsonElement golden = Golden.Json(Case(name, "merge.json"));

        CombinationOptions options = Method(golden);

        int rank = Combine(name, folder["out"], options);

        Assert.Equal(golden.GetProperty("result_r").GetInt32(), rank);
        using CausalLM model = CausalLM.Load(SharedData.Path("peers", "adapters", "base"), ScalarType.Float32, CPU);
        using LoraAdapter found = LoraAdapter.Load(model, folder["out"]);
        using SafetensorsFile deltas = SafetensorsFile.Open(Case(name, "delta.safetensors"));
        Assert.NotEmpty(deltas.Entries);
        foreach (string key in deltas.Entries.Keys)
        {
            double difference = Golden.LargestDifference(Change(model, found, key), deltas.Floats(key));
            output.WriteLine($"{name} {key}: {difference:e1}");
            Assert.InRange(difference, 0, 1e-4);
        }

        if (options.Clamp is not null)
        {
            // The quantile to clamp at depends on signs that each LAPACK chooses: see below.
            return;
        }

        using SafetensorsFile logits = SafetensorsFile.Open(Case(name, "logits.safetensors"));
        Assert.NotEmpty(logits.Entries);
        foreach (string key in logits.Entries.Keys)
        {
            int[] ids = Sequence(int.Parse(key.Split('.')[^1]));
            Assert.InRange(Golden.LargestDifference(Logits(model, found, ids), logits.Floats(key)), 0, 1e-4);
        }
    }

    /// <summary>
    /// A decomposition leaves the sign of each of its k parts open, and the quantile is one of the values with their signs. PEFT's
    /// pair of every module is the clamped one for one of the 2^k choices, those of its LAPACK: nothing else differs.
    /// </summary>
    [Fact]
    public void Run_SvdClamp_IsPeftsButForTheSigns()
    {
        using TempFolder folder = new();
        CombinationOptions options = Method(Golden.Json(Case("svd_clamp", "merge.json")));
        Combine("svd_clamp", folder["free"], options with { Clamp = null });
        Combine("svd_clamp", folder["own"], options);
        using SafetensorsFile free = SafetensorsFile.Open(folder["free/adapter_model.safetensors"]);
        using SafetensorsFile own = SafetensorsFile.Open(folder["own/adapter_model.safetensors"]);
        using SafetensorsFile peft = SafetensorsFile.Open(Case("svd_clamp", "adapter/adapter_model.safetensors"));
        string[] modules = [.. peft.Entries.Keys.Where(name => name.Contains("lora_A", StringComparison.Ordinal))];
        Assert.Equal(free.Entries.Keys.Order(), peft.Entries.Keys.Order());
        int same = 0;
        foreach (string a in modules)
        {
            string b = a.Replace("lora_A", "lora_B", StringComparison.Ordinal);
            double[] differences =
            [
                .. Enumerable
                    .Range(0, 1 << options.Rank!.Value)
                    .Select(signs => Clamp(free, a, b, signs, options.Clamp!.Value))
                    .Select(pair =>
                        Math.Max(
                            Golden.LargestDifference(pair.A, peft.Floats(a)),
                            Golden.LargestDifference(pair.B, peft.Floats(b))
                        )
                    ),
            ];
            Assert.InRange(differences.Min(), 0, 1e-4);
            same += Golden.LargestDifference(own.Floats(a), peft.Floats(a)) < 1e-4 ? 1 : 0;
        }

        output.WriteLine($"{same} of {modules.Length} modules have PEFT's signs here");
    }

    private static (float[] A, float[] B) Clamp(SafetensorsFile free, string a, string b, int signs, double share)
    {
        int rank = (int)free[a].Shape[0];
        int width = (int)free[a].Shape[1];
        float[] down = [.. free.Floats(a).Select((value, i) => Turn(value, i / width))]; // [k, i]
        float[] up = [.. free.Floats(b).Select((value, i) => Turn(value, i % rank))]; // [o, k]
        float[] sorted = [.. up.Concat(down).Order()];
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        double limit = sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below]));
        return ([.. down.Select(Cut)], [.. up.Select(Cut)]);

        float Turn(float value, int part) => (signs >> part & 1) == 1 ? -value : value;
        float Cut(float value) => (float)Math.Clamp(value, -limit, limit);
    }

    [Theory]
    [InlineData("dare_linear")]
    [InlineData("dare_ties")]
    [InlineData("dare_linear_svd")]
    public void Run_Dare_KeepsTheShareAndRepeats(string name)
    {
        using TempFolder folder = new();
        CombinationOptions options = Method(Golden.Json(Case(name, "merge.json")));

        Combine(name, folder["one"], options);
        Combine(name, folder["two"], options);
        Combine(name, folder["three"], options with { Seed = 9 });

        byte[] one = File.ReadAllBytes(folder["one/adapter_model.safetensors"]);
        Assert.Equal(one, File.ReadAllBytes(folder["two/adapter_model.safetensors"]));
        Assert.NotEqual(one, File.ReadAllBytes(folder["three/adapter_model.safetensors"]));
    }

    [Fact]
    public void Run_DareLinearOfOneAdapter_DropsAndScalesUp()
    {
        using TempFolder folder = new();
        string source = SharedData.Path("peers", "adapters", "merging", "source-a");
        AdapterCombination.Run([(source, 0.5)], new(CombinationMethod.Linear), folder["all"], force: false);
        CombinationOptions dare = new(CombinationMethod.DareLinear) { Density = 0.25 };

        AdapterCombination.Run([(source, 0.5)], dare, folder["some"], force: false);

        using SafetensorsFile all = SafetensorsFile.Open(folder["all/adapter_model.safetensors"]);
        using SafetensorsFile some = SafetensorsFile.Open(folder["some/adapter_model.safetensors"]);
        int kept = 0;
        int total = 0;
        foreach (string name in all.Entries.Keys)
        {
            foreach ((float before, float after) in all.Floats(name).Zip(some.Floats(name)))
            {
                total++;
                kept += after != 0 ? 1 : 0;
                Assert.True(after == 0 || Math.Abs((after / before) - 4) < 1e-5);
            }
        }

        Assert.InRange(kept / (double)total, 0.22, 0.28);
    }

    [Fact]
    public void Run_RanksThatDiffer_AreRefusedByNameWhereMatricesAddUp()
    {
        using TempFolder folder = new();
        (string, double)[] sources =
        [
            (SharedData.Path("peers", "adapters", "merging", "source-a"), 1),
            (SharedData.Path("peers", "adapters", "merging", "source-c"), 1),
        ];

        MttException problem = Assert.Throws<MttException>(() =>
            AdapterCombination.Run(sources, new(CombinationMethod.Linear), folder["out"], force: false)
        );

        Assert.Contains("4, 6", problem.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Theory]
    [InlineData("dora", "use_dora")]
    [InlineData("lora_bias", "lora_bias")]
    [InlineData("modules_to_save", "modules_to_save")]
    [InlineData("trainable_tokens", "trainable_token_indices")]
    public void Run_NoPlainLora_IsRefusedByField(string variant, string field)
    {
        using TempFolder folder = new();
        string source = SharedData.Path("peers", "adapters", "variants", variant, "adapter");

        MttException problem = Assert.Throws<MttException>(() =>
            AdapterCombination.Run([(source, 1), (source, 1)], new(CombinationMethod.Cat), folder["out"], force: false)
        );

        Assert.Contains(field, problem.Message, StringComparison.Ordinal);
    }

    private static string Case(string name, string file) => SharedData.Path("peers", "adapters", "merging", name, file);

    private static int Combine(string name, string target, CombinationOptions options)
    {
        JsonElement golden = Golden.Json(Case(name, "merge.json"));
        (string, double)[] sources =
        [
            .. golden
                .GetProperty("sources")
                .EnumerateArray()
                .Zip(golden.GetProperty("weights").EnumerateArray())
                .Select(pair =>
                    (SharedData.Path("peers", "adapters", "merging", pair.First.GetString()!), pair.Second.GetDouble())
                ),
        ];
        return AdapterCombination.Run(sources, options, target, force: false);
    }

    private static CombinationOptions Method(JsonElement golden) =>
        new(Enum.Parse<CombinationMethod>(golden.GetProperty("combination_type").GetString()!.Replace("_", ""), true))
        {
            Density = golden.TryGetProperty("density", out JsonElement density) ? density.GetDouble() : null,
            Rank = golden.TryGetProperty("svd_rank", out JsonElement rank) ? rank.GetInt32() : null,
            Clamp = golden.TryGetProperty("svd_clamp", out JsonElement clamp) ? clamp.GetDouble() : null,
            SignByFrequency =
                golden.TryGetProperty("majority_sign_method", out JsonElement sign) && sign.GetString() == "frequency",
        };

    private static float[] Change(CausalLM model, LoraAdapter adapter, string key)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        LoraLayer layer = adapter
            .Targets.Where(module => key.Contains(module.Path))
            .Select(module => adapter.Layer(module.Slot))
            .Single()!;
        Assert.Equal(1, layer.Scale);
        return Tensors.ToArray(layer.B.mm(layer.A));
    }

    private static int[] Sequence(int number) =>
        Golden
            .Json(SharedData.Path("peers", "adapters", "batch.json"))
            .GetProperty("sequences")[number]
            .GetProperty("input_ids")
            .Ints();

    private static float[] Logits(CausalLM model, Adapter? adapter, int[] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        using ForwardContext context = model.Prepare(SequenceLayout.Single(ids.Length), adapter);
        return Tensors.ToArray(model.Logits(model.Forward(Tensors.Ids(ids, CPU), context), context));
    }
}
