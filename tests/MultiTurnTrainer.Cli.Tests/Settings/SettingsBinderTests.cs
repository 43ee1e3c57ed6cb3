using System.ComponentModel.DataAnnotations;
using MultiTurnTrainer.Cli.Settings;
using MultiTurnTrainer.Files;
using YamlDotNet.RepresentationModel;

namespace MultiTurnTrainer.Cli.Tests.Settings;

public class SettingsBinderTests
{
    public enum Kind
    {
        Linear,
        CosineWithMinLr,
    }

    public sealed record Inner
    {
        public int R { get; init; } = 8;
    }

    public sealed record Sample
    {
        [Range(0.0, 1.0)]
        public double LearningRate { get; init; } = 2e-4;
        public int? MaxSteps { get; init; }
        public bool Packing { get; init; }
        public Kind LrSchedulerType { get; init; }
        public IReadOnlyList<string> TargetModules { get; init; } = ["all-linear"];
        public IReadOnlyDictionary<string, int> RankPattern { get; init; } = new Dictionary<string, int>();
        public Inner Nested { get; init; } = new();
    }

    [Fact]
    public void Bind_AllKindsOfValues_FillsTheRecord()
    {
        Sample sample = Bind(
            """
            learning_rate: 1e-4
            max_steps: 12
            packing: yes
            lr_scheduler_type: cosine_with_min_lr
            target_modules: [q_proj, v_proj]
            rank_pattern: { down_proj: 4 }
            nested:
              r: 16
            """
        );
        Assert.Equal(1e-4, sample.LearningRate);
        Assert.Equal(12, sample.MaxSteps);
        Assert.True(sample.Packing);
        Assert.Equal(Kind.CosineWithMinLr, sample.LrSchedulerType);
        Assert.Equal(["q_proj", "v_proj"], sample.TargetModules);
        Assert.Equal(4, sample.RankPattern["down_proj"]);
        Assert.Equal(16, sample.Nested.R);
    }

    [Fact]
    public void Bind_SingleValueForAList_IsAListOfOne() =>
        Assert.Equal(["all"], Bind("target_modules: all").TargetModules);

    [Theory]
    [InlineData("learning_rat: 1", "f.yaml:1:1: unknown key in train: 'learning_rat'", "Did you mean 'learning_rate'?")]
    [InlineData(
        "learning_rate: fast",
        "f.yaml:1:16: train.learning_rate: 'fast' is not a number",
        "Write a plain value"
    )]
    [InlineData(
        "packing: true\nlearning_rate: 2",
        "f.yaml:2:16: train.learning_rate: 2 is out of range",
        "Accepted: 0 to 1."
    )]
    [InlineData(
        "lr_scheduler_type: step",
        "f.yaml:1:20: train.lr_scheduler_type: 'step' is not known",
        "One of linear, cosine_with_min_lr."
    )]
    [InlineData("max_steps: [1]", "f.yaml:1:12: train.max_steps: a single value is needed", "Write one value")]
    public void Bind_Mistake_NamesLineColumnAndRemedy(string yaml, string message, string remedy)
    {
        MttException problem = Assert.Throws<MttException>(() => Bind(yaml));
        Assert.Equal(message, problem.Message);
        Assert.StartsWith(remedy, problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_Override_WinsOverTheFile()
    {
        YamlMappingNode root = Parse("train:\n  max_steps: 5");
        Dictionary<YamlNode, string> flags = new(ReferenceEqualityComparer.Instance);
        new SettingsOverride("train.max_steps=7").Apply(root, flags);
        new SettingsOverride("train.target_modules=[a, b]").Apply(root, flags);
        Sample sample = (Sample)Binder(flags).Bind(root["train"], typeof(Sample), "train");
        Assert.Equal(7, sample.MaxSteps);
        Assert.Equal(["a", "b"], sample.TargetModules);
    }

    [Theory]
    [InlineData("max_steps=7")]
    [InlineData("train.=7")]
    [InlineData("train.max_steps")]
    public void Apply_OverrideWithoutSection_IsAnError(string text) =>
        Assert.Throws<MttException>(() => new SettingsOverride(text).Apply([], new Dictionary<YamlNode, string>()));

    private static Sample Bind(string yaml) => (Sample)Binder([]).Bind(Parse(yaml), typeof(Sample), "train");

    [Fact]
    public void Bind_MistakeInAnOverride_NamesSetInsteadOfALine()
    {
        YamlMappingNode root = Parse("train:\n  max_steps: 5");
        Dictionary<YamlNode, string> flags = new(ReferenceEqualityComparer.Instance);
        new SettingsOverride("train.max_step=7").Apply(root, flags);
        MttException problem = Assert.Throws<MttException>(() =>
            Binder(flags).Bind(root["train"], typeof(Sample), "train")
        );
        Assert.Equal("--set unknown key in train: 'max_step'", problem.Message);
    }

    [Fact]
    public void Bind_MistakeInAFlag_NamesTheFlag()
    {
        YamlMappingNode root = Parse("train:\n  max_steps: 5");
        Dictionary<YamlNode, string> flags = new(ReferenceEqualityComparer.Instance);
        new SettingsOverride("train.max_steps=many", "--max-steps").Apply(root, flags);
        MttException problem = Assert.Throws<MttException>(() =>
            Binder(flags).Bind(root["train"], typeof(Sample), "train")
        );
        Assert.Equal("--max-steps: train.max_steps: 'many' is not a whole number", problem.Message);
    }

    private static SettingsBinder Binder(Dictionary<YamlNode, string> flags) => new("f.yaml", flags);

    private static YamlMappingNode Parse(string yaml)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(yaml));
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }
}
