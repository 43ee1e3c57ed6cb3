using System.Text.Json;
using MultiTurnTrainer.Datasets.Preferences;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Preferences;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Preferences;

/// <summary>Pairs of token ids and short runs over them.</summary>
internal static class PreferenceCase
{
    /// <summary>Pairs with several turns, made of a few ids.</summary>
    public static IReadOnlyList<PreferencePair> Pairs { get; } =
    [
        .. Enumerable
            .Range(0, 6)
            .Select(i =>
                PreferencePair.Create(
                    Row(
                        $"pair {i}",
                        [5 + i, 9, 11],
                        [(20 + i, true), (21, true), (2, true), (30, false), (31 + i, true), (2, true)]
                    ),
                    Row(
                        $"pair {i}",
                        [5 + i, 9, 11],
                        [(40 + i, true), (2, true), (50, false), (51, false), (61, true), (62, true), (2, true)]
                    )
                )
            ),
    ];

    /// <summary>The pairs of TRL's runs, with the assistant's tokens supervised.</summary>
    public static IReadOnlyList<PreferencePair> GoldenPairs(JsonElement expected) =>
        [
            .. expected
                .GetProperty("pairs")
                .EnumerateArray()
                .Select((pair, i) => new PreferencePair(Side(pair, "chosen", i), Side(pair, "rejected", i), 1)),
        ];

    public static TrainRequest Request(
        string output,
        string objective,
        PreferenceSettings settings,
        TrainSettings train,
        IReadOnlyList<PreferencePair>? pairs = null
    )
    {
        Objective parsed = ObjectiveNames.Parse(objective);
        return new TrainRequest
        {
            Model = TrainingCase.Model("llama"),
            TrainFiles = ["pairs"],
            Output = output,
            Objective = parsed,
            Preferences = new PreferenceData(parsed, pairs ?? Pairs, [], settings),
            Train = train,
            Lora = new LoraSettings { R = 4, TargetModules = ["all-linear"] },
        };
    }

    public static TrainSettings Train(int steps) =>
        new()
        {
            LearningRate = 1e-3,
            LrSchedulerType = LrSchedulerType.Constant,
            MaxSteps = steps,
            PerDeviceTrainBatchSize = 3,
            SaveSteps = 1,
            Device = "cpu",
            Dtype = TrainingDtype.Float32,
        };

    private static TokenRow Row(string id, int[] prompt, (int Id, bool IsSupervised)[] rest) =>
        new(
            id,
            [.. prompt, .. rest.Select(token => token.Id)],
            [.. prompt.Select(_ => -100), .. rest.Select(token => token.IsSupervised ? token.Id : -100)]
        );

    private static TokenRow Side(JsonElement pair, string side, int number)
    {
        int[] mask = Numbers(pair, $"{side}_mask");
        (int, bool)[] rest = [.. Numbers(pair, $"{side}_ids").Zip(mask, (id, on) => (id, on == 1))];
        return Row($"{number}", Numbers(pair, "prompt_ids"), rest);
    }

    private static int[] Numbers(JsonElement pair, string name) =>
        [.. pair.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
}
