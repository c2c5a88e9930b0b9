import { mount } from 'svelte';
import App from './App.svelte';
import './ui/tokens.css';
import './ui/palettes.css';
import './ui/base.css';

export default mount(App, { target: document.getElementById('app')! });
