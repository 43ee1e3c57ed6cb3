using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The limits of a run that calls models.</summary>
/// <param name="section">The section of <c>mtt.yaml</c> that has the prices.</param>
internal sealed class BudgetOptions(string section)
{
    private readonly Option<long?> _tokens = new Option<long?>("--budget-tokens")
    {
        Description = "Stop at N tokens.",
    }.As<long?, BudgetSettings>(nameof(BudgetSettings.Tokens));
    private readonly Option<long?> _requests = CommonOptions.BudgetRequests();
    private readonly Option<double?> _money = new Option<double?>("--budget-money")
    {
        Description = $"Stop when that much is spent ({section}.prices in mtt.yaml).",
    }.Between(NumberBounds.AboveZero, 1e12);
    private readonly Option<double?> _minutes = new Option<double?>("--budget-minutes")
    {
        Description = "Stop after N minutes.",
    }.Between(NumberBounds.AboveZero, 1e9);

    public void AddTo(Command command)
    {
        command.Add(_tokens);
        command.Add(_requests);
        command.Add(_money);
        command.Add(_minutes);
    }

    /// <summary>Names the settings that the limits are laid over.</summary>
    public SettingsOptions ShowIn(SettingsOptions settings) =>
        settings
            .Shows(_tokens, $"{section}.budget.tokens")
            .Shows(_requests, $"{section}.budget.requests")
            .Shows(_money, $"{section}.budget.money")
            .Shows(_minutes, $"{section}.budget.minutes");

    /// <summary>The limits given, over those of the settings.</summary>
    public BudgetSettings Read(ParseResult parsed, BudgetSettings settings) =>
        new()
        {
            Tokens = parsed.GetValue(_tokens) ?? settings.Tokens,
            Requests = parsed.GetValue(_requests) ?? settings.Requests,
            Money = parsed.GetValue(_money) ?? settings.Money,
            Minutes = parsed.GetValue(_minutes) ?? settings.Minutes,
        };
}
