using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Cli.Settings;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Pages;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Cli.Tests.Settings;

/// <summary>The tables of settings in <c>docs/</c> against the settings.</summary>
public partial class SettingsPagesTests
{
    /// <summary><c>MTT_UPDATE_DOCS=1</c> writes the table.</summary>
    [Fact]
    public void Migrating_Table_IsTheProgramsOwn()
    {
        string path = Path.Combine(Repository.Root, "docs/migrating.md");
        string page = File.ReadAllText(path);
        string table = ForeignTable().Match(page).Value;
        if (Environment.GetEnvironmentVariable("MTT_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, page.Replace(table, MigratingTable(), StringComparison.Ordinal));
            table = MigratingTable();
        }

        Assert.Equal(MigratingTable(), table);
    }

    /// <summary><c>MTT_UPDATE_DOCS=1</c> writes the page.</summary>
    [Fact]
    public void Reference_OfTheSettings_IsTheCommittedPage()
    {
        string path = Path.Combine(Repository.Root, "docs/settings.md");
        if (Environment.GetEnvironmentVariable("MTT_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, SettingsReference.Markdown());
        }

        Assert.Equal(SettingsReference.Markdown(), File.ReadAllText(path));
    }

    [Fact]
    public void ForeignSettings_WhatStandsForThem_Exists() =>
        Assert.All(
            ForeignSettings.All,
            setting =>
            {
                Assert.Equal(setting.Here is null, setting.Here is null && setting.Note is not null);
                foreach (Match key in Key().Matches($"{setting.Here} {setting.Note}"))
                {
                    Assert.Contains(key.Groups[2].Value, Keys(SettingsSections.Types[key.Groups[1].Value]));
                }

                // A name that is mtt's own too would never be asked for.
                Assert.DoesNotContain(setting.Names, name => Keys(typeof(TrainSettings)).Contains(name));
            }
        );

    [Theory]
    [InlineData("base_model: x", "In mtt: --model.")]
    [InlineData("learning_rate: 1e-4", "It belongs under 'train:'.")]
    [InlineData("train: { sequence_len: 2048 }", "In mtt: train.max_length.")]
    [InlineData("train: { neftune_noise_alpha: 5 }", "mtt has no such setting: no noise is added")]
    [InlineData("train: { learning_rat: 1e-4 }", "Did you mean 'learning_rate'?")]
    public void Load_AnotherTrainersName_SaysWhatItIsHere(string yaml, string remedy)
    {
        using TempFolder folder = new();
        folder.Write("mtt.yaml", yaml);

        MttException problem = Assert.Throws<MttException>(() => SettingsFile.Load(folder["mtt.yaml"], []));

        Assert.StartsWith(remedy, problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SeveralUnknownNames_NamesAll()
    {
        using TempFolder folder = new();
        folder.Write("mtt.yaml", "base_model: x\ntrain:\n  sequence_len: 1\n  learning_rat: 1e-4\n");

        MttException problem = Assert.Throws<MttException>(() => SettingsFile.Load(folder["mtt.yaml"], []));

        Assert.Equal(
            [
                "3 unknown settings",
                "mtt.yaml:1:1: unknown section: 'base_model'. In mtt: --model.",
                "mtt.yaml:3:3: unknown key in train: 'sequence_len'. In mtt: train.max_length.",
                "mtt.yaml:4:3: unknown key in train: 'learning_rat'. Did you mean 'learning_rate'?",
            ],
            problem
                .Message.Replace($"{folder.Path}/", "", StringComparison.Ordinal)
                .Split('\n')
                .Select(line => line.Trim())
        );
    }

    [Fact]
    public void Training_Table_HasEverySettingWithItsDefault()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/training.md"));
        Dictionary<string, string> table = [];
        foreach (Match row in Row().Matches(page[page.IndexOf("## Settings", StringComparison.Ordinal)..]))
        {
            string[] names = [.. Name().Matches(row.Groups[1].Value).Select(match => match.Groups[1].Value)];
            string[] values = row.Groups[2].Value.Split(',', StringSplitOptions.TrimEntries);
            foreach ((string name, string value) in names.Zip(values))
            {
                table.Add(name, value);
            }
        }

        Assert.Equal(
            Defaults(new TrainSettings(), "train").Concat(LoraDefaults).Order(),
            table.Select(pair => (pair.Key, pair.Value)).Order()
        );
    }

    // A null leaves these to --init-adapter; without one LoraChoice fills them in.
    private static IEnumerable<(string, string)> LoraDefaults =>
        Keys(typeof(LoraSettings))
            .Select(key =>
                (
                    $"lora.{key}",
                    key switch
                    {
                        "r" => "16",
                        "lora_alpha" => "32",
                        "lora_dropout" => "0",
                        "target_modules" => "all-linear",
                        "use_rslora" or "use_dora" or "ensure_weight_tying" => "false",
                        "init_lora_weights" => "true",
                        _ => "–",
                    }
                )
            );

    private static IEnumerable<(string, string)> Defaults(object settings, string section) =>
        settings
            .GetType()
            .GetProperties()
            .Where(property => property.CanWrite)
            .Select(property =>
                ($"{section}.{JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)}", Text(property, settings))
            );

    private static string Text(PropertyInfo property, object settings) =>
        property.GetValue(settings) switch
        {
            null => "–",
            string text => text,
            bool value => value ? "true" : "false",
            Enum value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()),
            double value => value is not 0 and < 1e-3
                ? value.ToString("0e0", CultureInfo.InvariantCulture)
                : value.ToString(CultureInfo.InvariantCulture),
            IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
            object value => throw new NotSupportedException(value.GetType().Name),
        };

    private static string[] Keys(Type type) =>
        [
            .. type.GetProperties()
                .Where(property => property.CanWrite)
                .Select(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)),
        ];

    private static string MigratingTable() =>
        Table.Markdown(
            ["elsewhere", "in mtt", ""],
            ForeignSettings.All.Select(setting =>
                (string[])
                    [
                        string.Join(", ", setting.Names.Select(name => $"`{name}`")),
                        setting.Here is null ? "–" : $"`{setting.Here}`",
                        setting.Note ?? "",
                    ]
            )
        );

    [GeneratedRegex(@"\| elsewhere \|.*?\n(?=\n|\z)", RegexOptions.Singleline)]
    private static partial Regex ForeignTable();

    [GeneratedRegex(@"\b(train|lora|distill)\.([a-z_0-9]+)")]
    private static partial Regex Key();

    [GeneratedRegex(@"^\| ((?:`[a-z_0-9.]+`(?:, )?)+) \| ([^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();
}
