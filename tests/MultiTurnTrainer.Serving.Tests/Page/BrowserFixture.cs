using MultiTurnTrainer.Testing.Browser;

namespace MultiTurnTrainer.Serving.Tests.Page;

/// <summary>One Chromium for all tests of the page; each has a tab of its own.</summary>
public sealed class BrowserFixture : IAsyncDisposable
{
    private Chromium? _browser;

    /// <summary>A tab; the browser starts with the first.</summary>
    public Task<BrowserTab> OpenAsync() => (_browser ??= Chromium.Start()).OpenAsync();

    public ValueTask DisposeAsync() => _browser?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>The tests that share it run one after the other.</summary>
[CollectionDefinition(Name)]
public class BrowserCollection : ICollectionFixture<BrowserFixture>
{
    public const string Name = "browser";
}
