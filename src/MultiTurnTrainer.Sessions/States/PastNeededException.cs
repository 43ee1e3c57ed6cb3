namespace MultiTurnTrainer.Sessions.States;

/// <summary>A state in short form was asked for what it leaves out: whoever asked loads the whole one.</summary>
internal sealed class PastNeededException() : Exception("the state leaves that out");
